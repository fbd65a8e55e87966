/** An answer of the API server with status 400 and above. */
export class KubeError extends Error {
  constructor(
    readonly code: number,
    message: string,
    /** Of a list whose pages have expired: where it may go on, with what is there by now. */
    readonly continueWith?: string,
  ) {
    super(message);
    this.name = "KubeError";
  }
}
