export const maxLength = 512

/** What nearly every id is: visible ASCII. It tells them at once; others have to be looked at more closely. */
const visible = /^[!-~]+$/

/** Certainly an identifier; save that a checkpoint's is not a job checkpoint's own. */
export const isPlainId = (id: unknown): boolean =>
  typeof id === "string" && id.length <= maxLength && visible.test(id) && id !== "." && id !== ".."
