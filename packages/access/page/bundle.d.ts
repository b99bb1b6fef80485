/** Generated from packages/page by `npm run build:page`: change it there. */

/** The data of a page: `access` embeds it as JSON, and the page's script reads it. Times are Unix seconds. */
export interface PageData {
  readonly apiUrl: string
  /** The audited organization, if one was named. */
  readonly organization?: string
  /** True if the audit was about only one project, the one in `projects`. */
  readonly oneProject?: boolean
  readonly createdAt: number
  readonly review?: ReadonlyArray<string>
  /** Sorted by name, or by id where the name is empty. */
  readonly projects: ReadonlyArray<readonly [id: string, name: string]>
  readonly checkpoints: ReadonlyArray<PageCheckpoint>
}

/** A checkpoint. Projects are positions in `PageData.projects`. */
export interface PageCheckpoint {
  readonly id: string
  /** The time of its read. Default: the time of the audit. */
  readonly readAt?: number
  /** The group of neighbors with the same text. Checkpoints with groups keep their order. */
  readonly group?: string
  readonly owner?: number
  /** The reason why it was not read to the end. Missing permissions are unknown then. */
  readonly error?: string
  /** The day on which the model retires, if known. */
  readonly retires?: string
  /** A note on the checkpoint, such as on the log if it has no permission. */
  readonly note?: string
  /** Notes on projects at this checkpoint, also on those without access. */
  readonly notes?: ReadonlyArray<readonly [project: number, note: string]>
  readonly permissions: ReadonlyArray<readonly [project: number, createdAt: number, id: string, by?: string]>
}

export declare const markup: string

export declare const script: string

export declare const style: string

export declare const scriptHash: string

export declare const styleHash: string
