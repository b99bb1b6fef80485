/** What a contender's process is asked to do. */
export type Job =
  | { readonly _tag: "stream"; readonly checkpoint: string; readonly limit?: number | undefined }
  | { readonly _tag: "slowly"; readonly checkpoint: string; readonly limit: number; readonly pause: number }
  | { readonly _tag: "lists"; readonly checkpoint: string; readonly count: number; readonly concurrency: number }

/** What one run took. */
export interface Sample {
  /** Milliseconds. */
  readonly wall: number
  /** Milliseconds of all threads of the contender's process. */
  readonly cpu: number
  /** The largest resident memory of the process so far, in KiB. */
  readonly maxRss: number
  readonly answer: number
}

export type ContenderName = "ours" | "openai" | "aiOpenai" | "bare" | "floor"
