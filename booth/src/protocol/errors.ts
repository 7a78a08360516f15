/**
 * A refusal by the protocol: the code names the fault (kebab-case, the same word in every
 * implementation of Isoloir), the sentence says it to an engineer. No secret ever enters the sentence.
 */
export class ProtocolFault extends Error {
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.name = "ProtocolFault";
    this.code = code;
  }
}
