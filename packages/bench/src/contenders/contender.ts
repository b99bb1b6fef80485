/** What every contender does. Each looks at every permission that it gets. */
export interface Contender {
  /** Lists all permissions, 100 a page; answers the sum of the lengths of their project ids. */
  readonly stream: (checkpoint: string) => Promise<number>
  /** Asks for one page so many times, one after the other; answers how many permissions it got. */
  readonly lists: (checkpoint: string, count: number) => Promise<number>
}

export type Make = (apiUrl: string) => Contender | Promise<Contender>

export const pageSize = 100

/** As long as a real one. */
export const key = `sk-admin-${"bench".repeat(30)}`

/** A page as the server of the measurements sends it, for those who check nothing. */
export interface Page {
  readonly data: ReadonlyArray<{ readonly project_id: string }>
  readonly has_more: boolean
  readonly last_id: string
}
