/** What every opponent has to do. Each consumer looks at every permission: it adds up the lengths of their projects. */
export interface Contender {
  /** Lists all permissions; answers what it added up. */
  readonly stream: (checkpoint: string, limit: number | undefined) => Promise<number>
  /** Lists page by page, and takes so many milliseconds for each. */
  readonly slowly: (checkpoint: string, limit: number, pause: number) => Promise<number>
  /** Asks for one page so many times, so many at once. */
  readonly lists: (checkpoint: string, count: number, concurrency: number) => Promise<number>
}

/** What each is told of itself. */
export type Make = (baseUrl: string) => Contender

/** As long as a real one. */
export const key = `sk-admin-${"bench".repeat(30)}`

export const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/** For those without a way of their own: `count` calls by `concurrency` workers. */
export const workers = async (count: number, concurrency: number, call: () => Promise<number>): Promise<number> => {
  let left = count
  let sum = 0
  const worker = async () => {
    while (left > 0) {
      left -= 1
      const one = await call()
      sum += one
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return sum
}
