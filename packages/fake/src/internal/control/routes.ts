import type { ShiftedClock } from "../../clock.ts"
import type { Host, Options } from "../../host.ts"
import type { ServerRequest } from "../../http.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import type { Permission } from "../../seed.ts"
import * as Check from "../checks.ts"
import * as Behavior from "../text/behavior.ts"
import * as Duration from "../text/duration.ts"
import * as Faults from "../text/faults.ts"
import { parseServer } from "../text/options.ts"
import * as Seed from "../text/seed.ts"
import type { Answer } from "./model.ts"
import { answered, refusal } from "./model.ts"
import { asked } from "./requests.ts"

/** A server and its time. */
export interface Instance {
  readonly host: Host
  readonly clock: ShiftedClock
}

/** The servers of their own. */
export interface Servers {
  /** Answers the id of a new one. */
  readonly make: (options: Options) => string
  readonly end: (id: string) => boolean
}

export interface Context extends Instance {
  readonly request: ServerRequest
  /** The parts of the path that the route leaves open, decoded. */
  readonly parts: ReadonlyArray<string>
  /** What the main server began with. */
  readonly options: Options
  readonly servers: Servers
  /** Where the emulator is, such as `http://127.0.0.1:4010`. */
  readonly origin: string
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Below `/__fake` or that of a server; `:` marks a part that is left open. */
  readonly path: string
  readonly does: string
  /** Of the emulator, not of each server. */
  readonly rootOnly?: true
  /** Whether a body says something. */
  readonly takesBody?: true
  readonly answer: (context: Context) => Answer
}

/** The JSON of a body. Throws `InvalidSetting`. */
export const bodyOf = ({ request }: Pick<Context, "request">): unknown => {
  try {
    return JSON.parse(request.body)
  } catch {
    throw new InvalidSetting("body", request.body === "" ? "expected JSON, got nothing" : "expected JSON")
  }
}

const done = answered({})

const permissions = (all: Iterable<readonly [string, ReadonlyArray<Permission>]>): Answer =>
  answered(Object.fromEntries(all))

const behavior = ({ host }: Context): Answer => answered(Behavior.shown(host.behavior()))

const advanceCheck = Check.struct("an object with advance", { required: { advance: () => undefined } })

const grantCheck = Check.struct("an object with project_id", {
  required: { project_id: Check.text },
  optional: { by: Check.text }
})

const requests = ({ host, request }: Context): Answer => {
  const { count, isWanted, millis } = asked(request.query)
  const wanted = () => host.requests().filter(isWanted)
  const view = () => {
    const data = wanted()
    return { data, complete: data.length >= count, seen: host.requestCount() }
  }
  const isDue = () => wanted().length >= count
  const reply = () => {
    const answer = answered(view())
    return answer._tag === "Reply" ? answer.reply : answer.reply()
  }
  return isDue() ? answered(view()) : { _tag: "Held", isDue, reply, millis }
}

/** Every control route, as `GET /__fake` lists them. */
export const routes: ReadonlyArray<Route> = [
  {
    method: "GET",
    path: "",
    does: "lists the control routes",
    rootOnly: true,
    answer: () =>
      answered({ routes: routes.map(({ does, method, path }) => ({ method, path: `/__fake${path}`, does })) })
  },
  {
    method: "GET",
    path: "/health",
    does: "answers as soon as calls are taken",
    answer: ({ clock, host }) => answered({ status: "ok", now: clock.now(), requests: host.requestCount() })
  },
  {
    method: "POST",
    path: "/reset",
    does: "puts everything back as it was at the start, ids and clock too; what was under way is dropped",
    answer: ({ clock, host }) => {
      clock.unshift()
      host.reset(clock.now())
      return done
    }
  },
  {
    method: "POST",
    path: "/seed",
    does: 'adds permissions: {"<checkpoint>": ["<project>", {"project_id", "id", "created_at"}]}; "organization": jobs, …',
    takesBody: true,
    answer: (context) => {
      const { clock, host } = context
      const { organization, seed } = Seed.parse(bodyOf(context), "seed")
      host.seed(seed, clock.now())
      if (organization !== undefined) host.seedOrganization(organization)
      return permissions(Object.keys(seed).map((checkpoint) => [checkpoint, host.permissions(checkpoint)]))
    }
  },
  { method: "GET", path: "/behavior", does: "shows the settings", answer: behavior },
  {
    method: "PATCH",
    path: "/behavior",
    does: 'changes settings, such as {"regrant": "conflict", "latency": "100ms-2s", "rate": "10/minute"}',
    takesBody: true,
    answer: (context) => {
      context.host.setBehavior(Behavior.parse(bodyOf(context), "behavior"), context.clock.now())
      return behavior(context)
    }
  },
  {
    method: "PUT",
    path: "/faults",
    does: 'sets a plan: {"probability": 0.2, "seed": 7}, or {"entries": [{"fault": "drop-after", "nth": 2}]}',
    takesBody: true,
    answer: (context) => {
      const { randomSeed = 0 } = context.options
      context.host.setFaults(Faults.parsePlan(bodyOf(context), "faults", randomSeed))
      return done
    }
  },
  {
    method: "POST",
    path: "/faults",
    does: 'the next requests that match meet it: {"fault": "drop-after", "operation": "create", "times": 1}',
    takesBody: true,
    answer: (context) => {
      const entry = Faults.parseEntry(bodyOf(context), "fault")
      if (entry.nth !== undefined) {
        throw new InvalidSetting("fault.nth", "it is for a plan (PUT): POST is for the next requests that match")
      }
      context.host.inject([entry])
      return done
    }
  },
  {
    method: "DELETE",
    path: "/faults",
    does: "nothing goes wrong any more",
    answer: ({ host }) => {
      host.setFaults({ _tag: "Scripted", entries: [] })
      return done
    }
  },
  {
    method: "GET",
    path: "/requests",
    does: "shows the requests seen: ?operation&checkpoint&status&matched=false&wait=3&timeout=5s",
    answer: requests
  },
  {
    method: "DELETE",
    path: "/requests",
    does: "forgets the requests seen",
    answer: ({ host }) => {
      host.clearRequests()
      return done
    }
  },
  {
    method: "GET",
    path: "/permissions",
    does: "shows the permissions there are, whatever a listing shows",
    answer: ({ host }) => permissions(host.allPermissions())
  },
  {
    method: "POST",
    path: "/permissions/:checkpoint",
    does: 'grants behind the client\'s back: {"project_id": "proj_a", "by": "ana@example.com"}, who is at the dashboard',
    takesBody: true,
    answer: (context) => {
      const body = bodyOf(context)
      Check.assertValid(grantCheck, body, "")
      const { by, project_id: project } = Check.isRecord(body) ? body : {}
      const {
        clock,
        host,
        parts: [checkpoint = ""]
      } = context
      return answered(host.grant(checkpoint, String(project), clock.now(), typeof by === "string" ? by : undefined))
    }
  },
  {
    method: "DELETE",
    path: "/permissions/:checkpoint/:id",
    does: "deletes a permission behind the client's back: ?by=ana@example.com, who is at the dashboard",
    answer: ({ clock, host, parts: [checkpoint = "", id = ""], request }) => {
      const by = request.query.find(([name]) => name === "by")?.[1]
      const isThere = host.permissions(checkpoint).some((permission) => permission.id === id)
      if (!isThere)
        return { _tag: "Reply", reply: refusal(404, "There is no such permission at this checkpoint.", "id") }
      host.remove(checkpoint, id, clock.now(), by)
      return done
    }
  },
  {
    method: "POST",
    path: "/clock",
    does: 'moves the server\'s clock: {"advance": "1 minute"}; quotas refill, and what is due happens',
    takesBody: true,
    answer: (context) => {
      const body = bodyOf(context)
      Check.assertValid(advanceCheck, body, "")
      context.clock.shift(Duration.millis(Check.isRecord(body) ? body["advance"] : undefined, "advance"))
      return answered({ now: context.clock.now() })
    }
  },
  {
    method: "POST",
    path: "/servers",
    does: 'makes a server of its own: {"seed": {}, "preset": "strict", "behavior": {}, "faults": 0.2, "randomSeed": 1}',
    rootOnly: true,
    takesBody: true,
    answer: (context) => {
      const { options, origin, request, servers } = context
      const id = servers.make(parseServer(request.body === "" ? {} : bodyOf(context), options))
      const url = `${origin}/__fake/servers/${id}`
      return answered({ id, baseUrl: `${url}/v1`, controlUrl: url }, 201)
    }
  },
  {
    method: "DELETE",
    path: "/servers/:server",
    does: "ends a server; what was under way there is dropped",
    rootOnly: true,
    answer: ({ parts: [id = ""], servers }) =>
      servers.end(id)
        ? done
        : { _tag: "Reply", reply: refusal(404, `There is no server ${JSON.stringify(id)}.`, "server") }
  }
]
