/** Drives a rate limiter as a client does. */
import * as pacing from "../../src/pacing.ts"

export const minute = 60_000

/** Freezes a state and all that it holds, so that a step which changes it fails. */
export const frozen = <A>(value: A): A => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}

export const drive = (initial: pacing.State) => {
  let state = frozen(initial)
  let lastId = 1000
  const step = (event: pacing.Event): pacing.Actions => {
    const [next, actions] = pacing.step(state, event)
    state = frozen(next)
    return actions
  }
  const enter = (id: number, now: number, maxPause = Number.POSITIVE_INFINITY) =>
    step({ _tag: "enter", id, now, maxPause })
  const leave = (id: number, now: number, outcome?: pacing.Outcome) => step({ _tag: "leave", id, now, outcome })
  const accept = (id: number, now: number, headers: Partial<pacing.Outcome> = {}) =>
    leave(id, now, { ...headers, status: "accepted" })
  const limit = (id: number, now: number, retryAfter?: number) => leave(id, now, { status: "limited", retryAfter })

  /** When a call goes that enters now, while no other waits. */
  const goesAt = (now: number): { readonly id: number; readonly at: number } => {
    const id = ++lastId
    let actions = enter(id, now)
    let at = now
    while (!actions.permitted.includes(id)) {
      if (actions.wakeAt === undefined) throw new Error("It waits for ever")
      at = Math.max(at, actions.wakeAt)
      actions = step({ _tag: "tick", now: at })
    }
    return { id, at }
  }

  return {
    step,
    enter,
    leave,
    accept,
    limit,
    goesAt,
    tick: (now: number) => step({ _tag: "tick", now }),
    pausedTime: (now: number) => pacing.pausedTime(state, now),
    estimate: (requests: number, now: number) => pacing.estimate(state, requests, now).millis,
    /** Sends one request after the other, each answered at once: "a" accepts, "r" refuses. Answers when each went. */
    run: (now: number, replies: string, retryAfter?: number): ReadonlyArray<number> => {
      let time = now
      return Array.from(replies, (reply) => {
        const { at, id } = goesAt(time)
        time = at
        if (reply === "a") accept(id, at)
        else limit(id, at, retryAfter)
        return at
      })
    }
  }
}
