/** What requests take when nothing is refused: how long replies took, and how many requests were under way. */

/** What a further reply counts against those before it. */
const weight = 1 / 16

/** Watches the requests of one client. Times are milliseconds. */
export const traffic = () => {
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
    /**
     * A request is sent. What it gives is called once it is no longer under way: how long its reply took, if one came.
     */
    sent: () => {
      underWay += 1
      const before = underWay
      return (took: number | undefined): void => {
        if (took !== undefined) onReply(took, Math.max(before, underWay))
        underWay -= 1
      }
    },
    /** How long one further request takes, those beside it taken into account; `undefined` before the first reply. */
    each: () => (replies === 0 ? undefined : latency / together)
  }
}

/** The requests of one client. */
export type Traffic = ReturnType<typeof traffic>
