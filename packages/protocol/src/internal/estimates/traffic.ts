/** What requests take when nothing is refused: how long replies took, and how many requests were under way. */

/** What a further reply counts against those before it. */
const weight = 1 / 16

/** The requests of one client. */
export interface Traffic {
  /**
   * A request is sent. What it gives is called once it is no longer under way: how long its reply took, if one came.
   */
  readonly sent: () => (took: number | undefined) => void
  /** How long one further request takes, those beside it taken into account; `undefined` before the first reply. */
  readonly each: () => number | undefined
}

/** Watches the requests of one client. Times are milliseconds. */
export const traffic = (): Traffic => {
  let underWay = 0
  let replies = 0
  /** In the mean: how long a reply took, and how many requests were under way beside it, itself included. */
  let latency = 0
  let together = 0

  const onReply = (took: number, beside: number): void => {
    replies += 1
    const part = Math.max(weight, 1 / replies)
    latency += (took - latency) * part
    together += (beside - together) * part
  }

  return {
    sent: () => {
      underWay += 1
      const before = underWay
      return (took) => {
        if (took !== undefined) onReply(took, Math.max(before, underWay))
        underWay -= 1
      }
    },
    each: () => (replies === 0 ? undefined : latency / together)
  }
}
