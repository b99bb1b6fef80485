import type { ShiftedClock } from "../../clock.ts"
import { none } from "../../faults.ts"
import type { Host, Options } from "../../host.ts"
import type { RecordedRequest, Reply, ServerRequest } from "../../http.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import type { Permission } from "../../seed.ts"
import { json } from "../api/reply.ts"
import * as Check from "../checks.ts"
import { operations } from "../faults/fault.ts"
import { type Endpoint, type Params, router } from "../router.ts"
import * as Behavior from "../text/behavior.ts"
import * as Duration from "../text/duration.ts"
import * as Faults from "../text/faults.ts"
import { parseSeed, parseServer } from "../text/settings.ts"
import { type Answer, refusal } from "./guard.ts"

export interface Instance {
  readonly host: Host
  readonly clock: ShiftedClock
}

interface Servers {
  readonly make: (options: Options) => string
  readonly end: (id: string) => boolean
}

interface Context extends Instance {
  readonly request: ServerRequest
  /** Parses the body. Throws `InvalidSetting`. */
  readonly body: () => unknown
  readonly params: Params
  readonly options: Options
  readonly servers: Servers
  /** The address of the emulator, such as `http://127.0.0.1:4010`. */
  readonly origin: string
}

interface Handler {
  readonly does: string
  /** True for a route of the emulator itself. */
  readonly rootOnly?: true
  /** True if the route takes a body. */
  readonly takesBody?: true
  readonly answer: (context: Context) => Answer
}

/** A control route. Its path is below `/__fake`, or below the path of a separate server. */
interface Route extends Endpoint, Handler {}

const done = json(200, {})

/** Makes a handler that changes the server and replies with an empty object. */
const changing =
  (change: (context: Context) => void) =>
  (context: Context): Reply => {
    change(context)
    return done
  }

const permissions = (all: Iterable<readonly [string, ReadonlyArray<Permission>]>): Reply =>
  json(200, Object.fromEntries(all))

const behavior = ({ host }: Context): Reply => json(200, Behavior.shown(host.behavior()))

const advanceCheck = Check.struct("an object with advance", { required: { advance: Check.anything } })

const grantCheck = Check.struct("an object with project_id", {
  required: { project_id: Check.text },
  optional: { by: Check.text }
})

/** The recorded requests to return, the number to wait for, and the maximum wait. */
interface RequestFilter {
  readonly isWanted: (record: RecordedRequest) => boolean
  readonly count: number
  readonly millis: number
}

/** The maximum wait in milliseconds, longer than any client waits for a reply. */
const maxMillis = 600_000

const askedCheck = Check.struct("parameters", {
  optional: {
    operation: Check.oneOf(...operations),
    checkpoint: Check.text,
    status: Check.integer(100, 599),
    matched: Check.oneOf("true", "false"),
    wait: Check.integer(0, 1_000_000),
    timeout: Check.integer(0, maxMillis)
  }
})

const readParameter = (name: string, text: string): unknown => {
  if (name === "timeout") return Duration.millis(text, name)
  return ["status", "wait"].includes(name) && /^\d{1,9}$/.test(text) ? Number(text) : text
}

/** Parses the query of the control route that returns recorded requests. Throws `InvalidSetting`. */
const parseFilter = (query: ReadonlyArray<readonly [name: string, value: string]>): RequestFilter => {
  const given = Object.fromEntries(query.map(([name, text]) => [name, readParameter(name, text)]))
  const { checkpoint, matched, operation, status, timeout = 5000, wait = 0 } = Check.fieldsOf(askedCheck, given, "")
  return {
    isWanted: (record) =>
      (operation === undefined || record.operation === operation) &&
      (checkpoint === undefined || record.checkpoint === checkpoint) &&
      (status === undefined || record.status === status) &&
      (matched === undefined || (record.operation !== undefined) === (matched === "true")),
    count: Number(wait),
    millis: Number(timeout)
  }
}

const requests = ({ host, request }: Context): Answer => {
  const { count, isWanted, millis } = parseFilter(request.query)
  const wanted = () => host.requests().filter(isWanted)
  const isDue = () => wanted().length >= count
  const reply = () => json(200, { data: wanted(), complete: isDue(), seen: host.requestCount() })
  return isDue() ? reply() : { isDue, reply, millis }
}

const table: Readonly<Record<string, Handler>> = {
  "GET ": {
    does: "lists the control routes",
    rootOnly: true,
    answer: () =>
      json(200, { routes: routes.map(({ does, method, path }) => ({ method, path: `/__fake${path}`, does })) })
  },
  "GET /health": {
    does: "answers as soon as the server is ready",
    answer: ({ clock, host }) => json(200, { status: "ok", now: clock.now(), requests: host.requestCount() })
  },
  "POST /reset": {
    does: "returns to the initial state, ids and clock included; requests under way are dropped",
    answer: changing(({ clock, host }) => {
      clock.unshift()
      host.reset(clock.now())
    })
  },
  "POST /seed": {
    does: 'adds permissions: {"<checkpoint>": ["<project>", {"project_id", "id", "created_at"}]}; "organization": jobs, …',
    takesBody: true,
    answer: ({ body, clock, host }) => {
      const { organization, seed } = parseSeed(body())
      host.seed(seed, clock.now())
      if (organization !== undefined) host.seedOrganization(organization)
      return permissions(Object.keys(seed).map((checkpoint) => [checkpoint, host.permissions(checkpoint)]))
    }
  },
  "GET /behavior": { does: "shows the settings", answer: behavior },
  "PATCH /behavior": {
    does: 'changes settings, such as {"regrant": "conflict", "latency": "100ms-2s", "rate": "10/minute"}',
    takesBody: true,
    answer: (context) => {
      context.host.setBehavior(Behavior.parse(context.body(), "behavior"), context.clock.now())
      return behavior(context)
    }
  },
  "PUT /faults": {
    does: 'sets a plan: {"probability": 0.2, "seed": 7}, or {"entries": [{"fault": "drop-after", "nth": 2}]}',
    takesBody: true,
    answer: changing(({ body, host, options: { randomSeed = 0 } }) =>
      host.setFaults(Faults.parsePlan(body(), "faults", randomSeed))
    )
  },
  "POST /faults": {
    does: 'applies a fault to the next requests that match: {"fault": "drop-after", "operation": "create", "times": 1}',
    takesBody: true,
    answer: changing(({ body, host }) => {
      const entry = Faults.parseEntry(body(), "fault")
      if (entry.nth !== undefined) {
        throw new InvalidSetting(
          "fault.nth",
          "only allowed in a plan (PUT): POST injects faults into the next matching requests"
        )
      }
      host.inject([entry])
    })
  },
  "GET /faults": {
    does: "shows the faults of a plan or of POST that affected no request",
    answer: ({ host }) => json(200, { unused: host.unusedFaults() })
  },
  "DELETE /faults": {
    does: "removes all faults",
    answer: changing(({ host }) => host.setFaults(none))
  },
  "GET /requests": {
    does: "shows the requests: ?operation&checkpoint&status&matched=false&wait=3&timeout=5s",
    answer: requests
  },
  "DELETE /requests": {
    does: "forgets the requests",
    answer: changing(({ host }) => host.clearRequests())
  },
  "GET /permissions": {
    does: "shows the permissions, whatever a listing shows",
    answer: ({ host }) => permissions(host.allPermissions())
  },
  "POST /permissions/:checkpoint": {
    does: 'grants a project as a user at the dashboard: {"project_id": "proj_a", "by": "ana@example.com"}',
    takesBody: true,
    answer: ({ body, clock, host, params: { checkpoint = "" } }) => {
      const { by, project_id: project } = Check.fieldsOf(grantCheck, body(), "")
      return json(200, host.grant(checkpoint, String(project), clock.now(), typeof by === "string" ? by : undefined))
    }
  },
  "DELETE /permissions/:checkpoint/:id": {
    does: "deletes a permission as a user at the dashboard: ?by=ana@example.com",
    answer: ({ clock, host, params: { checkpoint = "", id = "" }, request }) => {
      const by = request.query.find(([name]) => name === "by")?.[1]
      const isThere = host.permissions(checkpoint).some((permission) => permission.id === id)
      if (!isThere) return refusal(404, "There is no such permission at this checkpoint.", "id")
      host.remove(checkpoint, id, clock.now(), by)
      return done
    }
  },
  "POST /clock": {
    does: 'moves the server\'s clock: {"advance": "1 minute"}; quotas refill, and due timers run',
    takesBody: true,
    answer: ({ body, clock }) => {
      clock.shift(Duration.millis(Check.fieldsOf(advanceCheck, body(), "")["advance"], "advance"))
      return json(200, { now: clock.now() })
    }
  },
  "POST /servers": {
    does: 'makes a separate server: {"seed": {}, "preset": "strict", "behavior": {}, "faults": 0.2, "randomSeed": 1}',
    rootOnly: true,
    takesBody: true,
    answer: ({ body, options, origin, request, servers }) => {
      const id = servers.make(parseServer(request.body === "" ? {} : body(), options))
      const url = `${origin}/__fake/servers/${id}`
      return json(201, { id, baseUrl: `${url}/v1`, controlUrl: url })
    }
  },
  "DELETE /servers/:server": {
    does: "stops a server; its requests under way are dropped",
    rootOnly: true,
    answer: ({ params: { server = "" }, servers }) =>
      servers.end(server) ? done : refusal(404, `There is no server ${JSON.stringify(server)}.`, "server")
  }
}

/** Every control route, as `GET /__fake` lists them. */
export const routes: ReadonlyArray<Route> = Object.entries(table).map(([at, does]) => {
  const [method = "", path = ""] = at.split(" ")
  return { method, path, ...does }
})

const findAtRoot = router(routes)
const findAtServer = router(routes.filter(({ rootOnly }) => rootOnly === undefined))

/** Parses a body as JSON. Throws `InvalidSetting`. */
const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    throw new InvalidSetting("body", body === "" ? "expected JSON, got nothing" : "expected JSON")
  }
}

const noBody = Check.struct("nothing, or {}", {})

/** Handles a control request for one server. `isRoot` is true for the emulator itself. `path` is relative to it. */
export const answer = (path: string, isRoot: boolean, context: Omit<Context, "body" | "params">): Answer => {
  const { body, method, path: whole } = context.request
  const found = (isRoot ? findAtRoot : findAtServer)(method, path)
  if (found === undefined) return refusal(404, `There is no control route ${method} ${whole}: GET /__fake lists them.`)
  if (typeof found === "string") {
    const reply = refusal(405, `${whole} takes ${found}, not ${method}.`)
    return { ...reply, headers: { ...reply.headers, allow: found } }
  }
  const { endpoint, params } = found
  try {
    if (body !== "" && endpoint.takesBody === undefined) noBody(parsed(body), "body")
    return endpoint.answer({ ...context, params, body: () => parsed(body) })
  } catch (error) {
    if (!(error instanceof InvalidSetting)) throw error
    return refusal(400, error.message.replace(/^: /, ""), error.field)
  }
}
