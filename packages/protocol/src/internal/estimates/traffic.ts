/** What requests take when nothing is refused: how long replies took, and how many requests were under way. */

/** What a further reply counts against those before it. */
const weight = 1 / 16

/** One request on its way. */
export interface Passage {
  /** It is sent. */
  readonly sent: (now: number) => void
  /** It is no longer under way, or was never sent. `replied`: a reply came. */
  readonly left: (now: number, replied: boolean) => void
}

/** The requests of one client. */
export interface Traffic {
  readonly enter: () => Passage
  /** How long one further request takes, those beside it taken into account; `undefined` before the first reply. */
  readonly each: () => number | undefined
}

/** Watches the requests of one client. Times are milliseconds of one clock. */
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
    enter: () => {
      let sent: { readonly at: number; readonly beside: number } | undefined
      return {
        sent: (now) => {
          underWay += 1
          sent = { at: now, beside: underWay }
        },
        left: (now, replied) => {
          if (sent === undefined) return
          if (replied) onReply(Math.max(0, now - sent.at), Math.max(sent.beside, underWay))
          underWay -= 1
          sent = undefined
        }
      }
    },
    each: () => (replies === 0 ? undefined : latency / together)
  }
}
