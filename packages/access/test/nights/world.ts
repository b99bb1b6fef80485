/** The organization of a history: the fake as pure functions, in virtual time. Each request takes the pace of a night. */
import { type http, server } from "@checkpoint-permissions/fake"
import type { History, Night, TrueChange } from "./history.ts"

/** A permission as the record has it. */
export interface TruePermission {
  readonly permission: string
  readonly project: string
  /** Unix seconds. */
  readonly createdAt: number
}

/** The state of a checkpoint when the server listed it. */
export interface TrueReading {
  readonly at: number
  readonly isGone: boolean
  readonly permissions: ReadonlyArray<TruePermission>
}

const replied = (status: number, text: string): http.Outcome => ({
  _tag: "Replied",
  reply: { status, headers: { "content-type": "application/json" }, body: { _tag: "Text", text } }
})

const failures = {
  "500": replied(500, '{"error":{"message":"the server failed"}}'),
  "foreign 404": replied(404, "<html>no such page</html>"),
  gone: replied(404, '{"error":{"message":"The model does not exist","type":"invalid_request_error"}}'),
  // a page that is not the last one and has no cursor
  cut: replied(200, '{"object":"list","data":[],"has_more":true}')
}

const listing = /^\/v1\/fine_tuning\/checkpoints\/([^/]+)\/permissions$/

export const make = (history: History) => {
  const { changes, goneAt, log, policy, projects, unmanaged } = history
  const checkpoints = [...policy.map(({ checkpoint }) => checkpoint), ...unmanaged]
  const record = new Map<string, Map<string, TruePermission>>(checkpoints.map((id) => [id, new Map()]))
  let time = 0
  let lastReplyAt = 0
  let next = 0
  let state = server.start(
    {
      seed: Object.fromEntries(checkpoints.map((id) => [id, []])),
      behavior: { auditLog: log === "off" ? "off" : "on" },
      organization: {
        projects: projects.map(({ id, isArchived }) => ({
          id,
          name: `Name of ${id}`,
          ...(isArchived ? { archived_at: 1 } : {})
        })),
        adminKeys: ["key_0", "key_1"].map((id) => ({
          id,
          name: `name of ${id}`,
          owner: { type: "service_account", id: `svc_${id}` } as const
        })),
        events: changes.flatMap(({ action, checkpoint, event, permission, project }) => {
          if (event === undefined) return []
          const { actor, at, hasPermission, hasPlace, id, shownAt } = event
          const place =
            hasPlace && action === "grant" ? { project_id: project, fine_tuned_model_checkpoint: checkpoint } : {}
          return [
            {
              id,
              type: `checkpoint.permission.${action === "grant" ? "created" : "deleted"}`,
              effective_at: at,
              shown_at: shownAt,
              actor: actor === undefined ? null : "key" in actor ? actor : { session: actor },
              ...(hasPermission ? { permission_id: permission } : {}),
              ...place
            }
          ]
        })
      }
    },
    0
  )

  const change = ({ action, at, checkpoint, permission, project }: TrueChange) => {
    const createdAt = Math.floor(at / 1000)
    if (action === "grant") {
      record.get(checkpoint)?.set(permission, { permission, project, createdAt })
      state = server.seed(state, { [checkpoint]: [{ id: permission, project_id: project, created_at: createdAt }] }, at)
    } else {
      record.get(checkpoint)?.delete(permission)
      state = server.remove(state, checkpoint, permission, at)
    }
  }

  /** Lets time pass, with the changes that happen until then. */
  const passTo = (until: number) => {
    for (let one = changes[next]; one !== undefined && one.at <= until; one = changes[++next]) change(one)
    time = Math.max(time, until)
  }

  /** Begins a night. */
  const begin = (night: Night) => {
    passTo(night.at)
    const readings = new Map<string, TrueReading>()
    let requests = 0
    let logPages = 0
    let logAt: number | undefined

    const readingAt = (checkpoint: string): TrueReading => {
      const isGone = time >= (goneAt.get(checkpoint) ?? Number.POSITIVE_INFINITY)
      return { at: time, isGone, permissions: isGone ? [] : [...(record.get(checkpoint)?.values() ?? [])] }
    }
    const answer = (request: http.ServerRequest): http.Outcome => {
      const checkpoint = decodeURIComponent(listing.exec(request.path)?.[1] ?? "")
      if (checkpoint !== "") {
        const failure = night.failing.get(checkpoint)
        const reading = readingAt(checkpoint)
        if (failure !== undefined) return failures[failure]
        readings.set(checkpoint, reading)
        if (reading.isGone) return failures.gone
      } else if (request.path.endsWith("/organization/audit_logs")) {
        logAt ??= time
        if (++logPages === night.logFailsAt) return failures["500"]
      } else if (request.path.endsWith("/organization/projects") && night.projectsFail) return failures["500"]
      const handled = server.handle(state, request, time)
      state = handled.state
      return handled.outcome
    }
    return {
      readings,
      /** Executes a request. */
      request: (request: http.ServerRequest): http.Outcome => {
        passTo(time + night.pace)
        requests += 1
        const outcome = answer(request)
        lastReplyAt = time
        return outcome
      },
      isStopped: () => night.stopAfter !== undefined && requests >= night.stopAfter,
      /** When the log was asked first. */
      logAt: () => logAt
    }
  }
  return {
    begin,
    /** The time of the machine. */
    machineTime: () => time + history.skew,
    /** The time of the server as its newest `Date` header says it. */
    date: () => Math.floor(lastReplyAt / 1000) * 1000
  }
}

export type World = ReturnType<typeof make>
export type NightWorld = ReturnType<World["begin"]>
