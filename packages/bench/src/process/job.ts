/** What a contender's process is asked to do. */
export type Job =
  | { readonly _tag: "stream"; readonly permissions: number }
  | { readonly _tag: "lists"; readonly count: number }
  | { readonly _tag: "growth"; readonly few: number; readonly many: number }

/** What one run took: milliseconds, processor time of all threads of the process. */
export interface Sample {
  readonly wall: number
  readonly cpu: number
  /** The same for all contenders that did the same; of `growth`, how many KiB resident memory grew. */
  readonly answer: number
}
