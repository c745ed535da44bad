/** Header values by lower-case name, as Node gives and takes them. */
export type ReplyHeaders = Record<string, string | string[]>;

/** A whole answer, ready to be sent: nothing in it is decided later. */
export interface Reply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Text (sent as UTF-8) or bytes. */
  readonly body: string | Uint8Array;
}
