/** Where what a file shows comes from, so that anyone can make it again. */
export interface Origin {
  /** Which code ran; see `commitOf`. */
  readonly commit: string
  /** Command line that makes the same result. */
  readonly command: string
  /** What the command's own file says, where a table is of many runs; that file may change. */
  readonly definition?: object
}

/** What stands in an image file about how it was made. */
export function originText({ commit, command }: Origin): string {
  return `${command} (commit ${commit})`
}
