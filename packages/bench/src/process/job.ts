/** A job for a contender's process. */
export type Job =
  | { readonly _tag: "stream"; readonly permissions: number }
  | { readonly _tag: "lists"; readonly count: number }
  | { readonly _tag: "growth"; readonly few: number; readonly many: number }

/** The time of one run, in milliseconds. Processor time is that of all threads of the process. */
export interface Sample {
  readonly wall: number
  readonly cpu: number
  /** Equal for all contenders with the same work. For `growth`, the growth of resident memory in KiB. */
  readonly answer: number
}
