/** The work of every contender. It reads a field of every permission. */
export interface Contender {
  /** Lists all permissions, 100 per page. Returns the sum of the lengths of their project ids. */
  readonly stream: (checkpoint: string) => Promise<number>
  /** Requests one page `times` times in sequence. Returns the number of received permissions. */
  readonly lists: (checkpoint: string, count: number) => Promise<number>
}

export type Make = (apiUrl: string) => Contender | Promise<Contender>

export const pageSize = 100

/** An id of realistic length. */
export const key = `sk-admin-${"bench".repeat(30)}`

/** A page of the measuring server, for contenders without checks. */
export interface Page {
  readonly data: ReadonlyArray<{ readonly project_id: string }>
  readonly has_more: boolean
  readonly last_id: string
}
