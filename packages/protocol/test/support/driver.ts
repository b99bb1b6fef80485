/** An adapter of the rules and the fake with a clock of its own, without waiting: the result of a case by the rules alone. */
// by its path: as a dependency it would make a circle, since it needs the fake, which needs this package
import { type Call, type Case, checkpoint, type Host, hostOf, type Observed } from "../../../contract/src/index.ts"
import { connectionError } from "../../../fake/src/response.ts"
import * as calling from "../../src/calling.ts"
import * as failure from "../../src/failure.ts"
import { refusePermission, refuseProject } from "../../src/identifiers.ts"
import * as listing from "../../src/listing.ts"
import * as operations from "../../src/operations.ts"
import * as options from "../../src/options.ts"
import { type Checked, checkAccess, checkListParams } from "../../src/parameters.ts"
import * as redaction from "../../src/redaction.ts"
import type { ListParams, Page } from "../../src/wire.ts"
import * as writes from "../../src/writes.ts"
import { call, Failed, run } from "./programs.ts"

const table = operations.make({
  isPermissionId: (id): id is string => refusePermission(id) === undefined,
  isProjectId: (id): id is string => refuseProject(id) === undefined
})

type Granted = Page["data"][number]
type Pending = Parameters<Host["resume"]>[1]

const performed = new Set(["list", "stream", "streams", "create", "delete", "grant", "revoke"])

/** Whether a case is about the rules alone: calls one after the other, without a rate limiter, and without Effect's own values. */
export const isOfRules = ({
  call,
  environment,
  options: { pacing, retry, timeout } = {},
  warnings = []
}: Case): boolean =>
  isPerformed(call) &&
  warnings.length === 0 &&
  environment === undefined &&
  pacing === undefined &&
  retry !== "standard" &&
  timeout !== 0

/** Of the options of calls, only limits are performed. No page ahead is abandoned, so each stream is read to its end. */
const isPerformed = (call: Call): boolean =>
  call.call === "withOptions"
    ? call.deadline !== undefined && call.onReply === undefined && call.onWait === undefined && isPerformed(call.of)
    : performed.has(call.call) && !("take" in call)

const refused = (operation: failure.Operation, refusal: options.Refusal): Failed =>
  new Failed({ kind: "InvalidInputError", operation, mayHaveExecuted: false, ...refusal })

const orThrow = <A>(operation: failure.Operation, checked: Checked<A>): A => {
  if ("reason" in checked) throw refused(operation, checked)
  return checked.ok
}

export const observe = (one: Case): Observed => {
  const { adminKey = "sk-admin-test", pacing: _, retry, timeout = 30_000, ...plain } = one.options ?? {}
  const own = retry === undefined || retry === "standard" ? { times: 0, every: 0 } : retry
  let policy = { cap: 600_000, ...own }
  const server = hostOf(one)
  const redact = redaction.make(adminKey)
  const given: Array<string> = []
  let now = 0
  let deadline: number | undefined
  let largestPage = Number.POSITIVE_INFINITY
  /** The later actions of the server, independent of waiting calls. */
  let later: ReadonlyArray<{ readonly at: number; readonly resume: (now: number) => unknown }> = []

  const pass = (millis: number): void => {
    const until = now + millis
    for (const { at, resume } of later.filter(({ at }) => at <= until)) {
      now = at
      resume(now)
    }
    later = later.filter(({ at }) => at > until)
    now = until
  }

  const perform = (settings: options.Settings) => {
    const exchange = <A>(
      { operation, read, request: { body, method, path, query = {} } }: operations.Call<A>,
      mayHaveExecuted: boolean,
      timeout: number
    ): calling.Result<A> => {
      const of = { operation, checkpoint, server: settings.server.apiUrl, mayHaveExecuted, read }
      const until = now + timeout
      const late = (head?: failure.Head): calling.Result<A> => {
        pass(until - now)
        server.abandon(ticket, now)
        return { failure: failure.ofTimeout(of, timeout, redact, head) }
      }
      const afterwards = ({ after, pending }: { readonly after: number; readonly pending: Pending }): void => {
        later = [...later, { at: now + after, resume: (then) => server.resume(ticket, pending, then) }]
      }
      const url = `/v1${path}`
      const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" }
      const params = Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as const]
      )
      const sent = JSON.stringify(body) ?? ""
      let { step, handle: ticket } = server.receive({ method, url, path: url, query: params, headers, body: sent }, now)
      while (step._tag === "Wait") {
        if (now + step.after > until) {
          if (step.survives) afterwards(step)
          return late()
        }
        pass(step.after)
        step = server.resume(ticket, step.pending, now)
      }
      if (step.later !== undefined) afterwards(step.later)
      if (step.outcome._tag === "Dropped") {
        return { failure: failure.ofTransport(of, connectionError(step.outcome.code), redact) }
      }
      const { reply } = step.outcome
      const head = { status: reply.status, headers: reply.headers, now }
      const broken = (code: string) => ({ failure: failure.ofTransport(of, connectionError(code), redact, head) })
      if (reply.body._tag === "Endless") return late(head)
      if (reply.body._tag === "Cut") return broken("UND_ERR_SOCKET")
      if (reply.body._tag === "FalseGzip") return broken("Z_DATA_ERROR")
      const text = reply.body._tag === "Text" ? reply.body.text : reply.body.chunk.repeat(reply.body.times)
      const most = failure.maxBodySize[head.status < 300 ? "success" : "error"]
      const complete = text.length <= most
      const result = failure.ofReply(of, { ...head, body: text.slice(0, most), complete }, redact)
      return "ok" in result ? { reply: result.ok } : { failure: result }
    }

    const attempts = <A>(one: operations.Call<A>, resumeAfter?: string): A => {
      let repeats = 0
      const calls: calling.Calls<never, A> = {
        now: () => now,
        send: (state) =>
          call(() => {
            if (calling.timeLeft(state, now) <= 0) return calling.onNotPermitted(state, 0, now)
            const sent = calling.onSent(state, now, 0)
            const result = exchange(one, sent.mayHaveExecuted, Math.min(timeout, calling.timeLeft(sent, now)))
            return calling.onEnded(sent, result, one.resolveWrite, now)
          }),
        nextDelay: () => call(() => (++repeats > policy.times ? undefined : policy.every)),
        onWait: () => call(() => undefined),
        sleep: (delay) => call(() => pass(delay))
      }
      const first = calling.make<A>({ operation: one.operation, checkpoint, resumeAfter, cap: policy.cap, deadline })
      function* program(): writes.Program<never, calling.Ended<A>> {
        return yield* calling.repeat(yield* calls.send(first), calls)
      }
      const { last } = run(program())
      if ("failure" in last) throw new Failed(last.failure)
      return last.reply
    }

    const list = (of: string, params: unknown, resumeAfter?: string) =>
      attempts(orThrow("list", table.list({ checkpoint: of, params })), resumeAfter)

    function* pages(of: string, params: unknown): Generator<Page> {
      orThrow("list", table.list({ checkpoint: of, params }))
      const { limit = settings.pageSize, ...filter } = orThrow("list", checkListParams(params))
      const calls: listing.Calls<never, Page, failure.Failure> = {
        send: ({ request, resumeAfter, state }) =>
          call(() => {
            try {
              const page = list(of, request, resumeAfter)
              largestPage = listing.largestPage(state, largestPage)
              return { page }
            } catch (error) {
              if (error instanceof Failed) return { error: error.failure, failure: error.failure }
              throw error
            }
          }),
        fail: (failed) =>
          call(() => {
            throw new Failed("error" in failed ? failed.error : failed)
          })
      }
      const advance = (step: listing.Step<Page>): Emit => run(listing.advance(step, calls))
      const first = { checkpoint: of, ...filter, limit: Math.min(limit, largestPage) }
      let next: (() => Emit) | undefined = () => advance(listing.start(first))
      while (next !== undefined) {
        const { emit, then }: Emit = next()
        next = then && (() => advance(then))
        if (then !== undefined && settings.prefetch && listing.mayPrefetch(then)) {
          const ahead: Attempted<Emit> = attempted(() => advance(then))
          next = () => orFail(ahead)
        }
        yield emit
      }
    }

    const stream = (of: string, params?: unknown, take = Number.POSITIVE_INFINITY, each = 0): ReadonlyArray<string> => {
      const taken = given.length === 0 ? given : []
      for (const { data } of pages(of, params)) {
        const fresh = data.slice(0, take - taken.length)
        taken.push(...fresh.map(({ project_id }) => project_id))
        pass(fresh.length * each)
        if (taken.length === take) break
      }
      return taken
    }

    const remove = (of: string, permission: string) =>
      attempts(orThrow("delete", table.delete({ checkpoint: of, permission })))
    const create = (of: string, projectIds: unknown) =>
      attempts(orThrow("create", table.create({ checkpoint: of, projectIds })))

    const programs = (of: string) => {
      const deleted = new Set<string>()
      const fail = (failed: failure.Failure) =>
        call(() => {
          throw new Failed(failed)
        })
      const listed = (params: ListParams, counts: (project: string) => boolean) =>
        Array.from(pages(of, params), ({ data }) => data.filter(({ project_id }) => counts(project_id)))
      const reads: writes.ReadCalls<never, Granted> = {
        list: (params, counts) =>
          call(() => {
            const shown = attempted(() => listed(params, counts))
            return "failure" in shown ? shown : { pages: shown.ok }
          }),
        now: call(() => now),
        fail
      }
      const deletes: writes.DeleteCalls<never, Granted> = {
        send: ({ id }) =>
          call(() => {
            const gone = attempted(() => remove(of, id))
            if (!("failure" in gone)) deleted.add(id)
            return "failure" in gone ? gone.failure : undefined
          }),
        isListed: ({ id, project_id }) =>
          call(() => Array.from(pages(of, { project_id })).some(({ data }) => data.some((one) => one.id === id))),
        onGone: ({ id }) => call(() => deleted.add(id))
      }
      const calls: writes.Calls<never, Granted> = {
        checkpoint: of,
        read: (...wanted) => call(() => run(writes.read(reads, ...wanted))),
        create: (projects) =>
          call(() => {
            const made = attempted(() => create(of, projects))
            return "failure" in made ? made : { page: made.ok }
          }),
        onFound: () => call(() => undefined),
        delete: (permission) => call(() => run(writes.deletePermission(deletes, permission))),
        deleted,
        mayDelete: () => true,
        waitForRateLimit: call(() => undefined),
        sleep: (millis) =>
          call(() => {
            if (deadline !== undefined && now + millis >= deadline) return false
            pass(millis)
            return true
          }),
        now: call(() => now),
        each: (programs) => call(() => programs.map((program) => run(program()))),
        fail
      }
      return { ...calls, ...deletes }
    }

    const performCall = (wanted: Call): unknown => {
      switch (wanted.call) {
        case "withOptions": {
          const outer = deadline
          deadline = Math.min(outer ?? Number.POSITIVE_INFINITY, now + (wanted.deadline ?? Number.POSITIVE_INFINITY))
          if (wanted.retry !== undefined) policy = { cap: policy.cap, ...wanted.retry }
          const result = performCall(wanted.of)
          deadline = outer
          return result
        }
        case "list":
          return list(wanted.checkpoint, wanted.params)
        case "stream":
          return stream(wanted.checkpoint, wanted.params, wanted.take, wanted.each)
        case "streams":
          return Array.from({ length: wanted.count }, () => {
            const all = attempted(() => stream(wanted.checkpoint))
            return "failure" in all ? all.failure.kind : all.ok.length
          })
        case "create":
          return create(wanted.checkpoint, wanted.projects)
        case "delete":
          return remove(wanted.checkpoint, wanted.permission)
        case "grant":
        case "revoke": {
          const write = wanted.call === "grant" ? "create" : "delete"
          const projects = orThrow(write, checkAccess(wanted.checkpoint, wanted.projects))
          const calls = programs(wanted.checkpoint)
          return run<unknown>(
            write === "create"
              ? writes.grant(calls, projects)
              : writes.revoke({ ...calls, isOwner: () => false }, projects)
          )
        }
        default:
          throw new Error(`${wanted.call} is not of the rules alone`)
      }
    }
    return performCall
  }

  const came = attempted(() => {
    const refusal = options.refuseKey("adminKey", adminKey)
    if (refusal !== undefined) throw refused("make", refusal)
    return perform(orThrow("make", options.check(plain)))(one.call)
  })
  return {
    outcome: "failure" in came ? { fail: came.failure } : came,
    requests: server.requests(),
    given,
    leaves: server.permissions(checkpoint).map(({ project_id }) => project_id),
    outcomes: [],
    warnings: [],
    took: now
  }
}

type Emit = listing.EmitStep<Page>
type Attempted<A> = { readonly ok: A } | { readonly failure: failure.Failure }

/** Returns the result, or the failure. */
const attempted = <A>(self: () => A): Attempted<A> => {
  try {
    return { ok: self() }
  } catch (error) {
    if (error instanceof Failed) return { failure: error.failure }
    throw error
  }
}

const orFail = <A>(self: Attempted<A>): A => {
  if ("failure" in self) throw new Failed(self.failure)
  return self.ok
}
