/** An HTTP answer; status 0 cuts the connection without any. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}
