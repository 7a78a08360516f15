import type { Answer } from "./answers.js";

export class TrusteePortal {
  reset(): void {}
  answer(_method: string, _path: string, _body: Buffer): Promise<Answer | undefined> {
    return Promise.resolve(undefined);
  }
}
