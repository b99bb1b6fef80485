/**
 * `checkpoint-permissions jobs`: what is in a store of jobs.
 *
 * @since 0.1.0
 */
import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import type { Job, JobId } from "@checkpoint-permissions/cluster/Job"
import type * as Jobs from "@checkpoint-permissions/cluster/Jobs"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Args from "@effect/cli/Args"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { wrongUse } from "../../internal/failure.ts"
import { described, type Given } from "../../internal/help/described.ts"
import { actor } from "../../internal/input/environment.ts"
import { argument, flag, integer, option, optional, parsed, type Reads } from "../../internal/input/option.ts"
import { dryRun } from "../../internal/input/parameters.ts"
import { type StoreAddress, store, storeOf } from "../../internal/store/address.ts"
import { machinery } from "../../internal/store/lazy.ts"
import * as Screen from "../../internal/terminal/screen.ts"
import { jsonLine } from "../../internal/terminal/style.ts"
import { parseDuration } from "../../internal/terminal/time.ts"

const actions = ["list", "show", "follow", "stop", "prune"] as const

const jobNumber: Reads<number> = (text) =>
  Either.fromNullable(
    integer({ from: 1 })(text),
    () => `${JSON.stringify(text)} is not the number of a job: jobs list shows them`
  )

const config = {
  action: Args.choice(
    actions.map((action) => [action, action] as const),
    { name: "action" }
  ).pipe(Args.withDescription("What to do: list, show, follow, stop or prune.")),
  job: argument("job", jobNumber).pipe(
    Args.withDescription("The number of a job, as apply and jobs list say it: for show, follow and stop."),
    Args.optional
  ),
  store,
  active: flag("active", "list: only jobs that have not ended."),
  dryRun: dryRun("stop, prune: show which jobs"),
  olderThan: option("older-than", "time", parsed(parseDuration, "not a time: pass one such as 36h or 720h")).pipe(
    optional("prune: jobs that ended longer ago than this, such as 720h, which is the default.")
  ),
  json: flag("json", "list, show, follow: print JSON, one object a line.")
}

type JobsOptions = Given<typeof config>

const monthOld = Duration.days(30)

/** All jobs. */
const limit = Number.MAX_SAFE_INTEGER

const misuse = ({ action, active, dryRun, job, json, olderThan }: JobsOptions): string | undefined => {
  const needsJob = action === "show" || action === "follow" || action === "stop"
  if (needsJob && Option.isNone(job)) return `jobs ${action} needs the number of a job: jobs list shows them`
  if (!needsJob && Option.isSome(job)) return `jobs ${action} is about all jobs: leave out ${JSON.stringify(job.value)}`
  if (dryRun && action !== "stop" && action !== "prune") return `--dry-run is for jobs stop and jobs prune`
  if (active && action !== "list") return "--active is for jobs list"
  if (Option.isSome(olderThan) && action !== "prune") return "--older-than is for jobs prune"
  if (json && (action === "stop" || action === "prune")) return `--json is not for jobs ${action}`
  return undefined
}

const minute = (at: DateTime.Utc): string => DateTime.formatIso(at).slice(0, 16).replace("T", " ")

const line = ({ actor, checkpoints, createdAt, id, kind, outcome, state, stopping, target }: Job): string => {
  const how = state === "ended" ? (outcome ?? "ended") : stopping ? "stopping" : state
  const where = target.organization === undefined ? target.apiUrl : `${target.apiUrl} (${target.organization})`
  return `${id}  ${kind}  ${how}  ${checkpoints.complete} of ${checkpoints.total}  ${minute(createdAt)} UTC  ${oneLine(actor ?? "unknown")}  ${oneLine(where)}\n`
}

const perform = Effect.fnUntraced(function* (options: JobsOptions, store: StoreAddress, jobs: Jobs.Service, id: JobId) {
  const { followed, tell, verdict } = yield* machinery
  const print = (job: Job) => Screen.print(options.json ? jsonLine(job) : line(job))
  switch (options.action) {
    case "list": {
      const all = yield* jobs.list({ active: options.active, limit })
      if (all.length === 0) yield* Screen.note("There is no job.")
      return yield* Effect.forEach(all, print, { discard: true })
    }
    case "show":
    case "follow": {
      const job = yield* jobs.get(id)
      yield* print(job)
      const follows = options.action === "follow"
      const events = follows ? followed("jobs", store, jobs, job) : jobs.events(id)
      const told = yield* tell("jobs", job, events, { json: options.json })
      if (!follows) return
      if (!options.json) yield* Effect.flatMap(jobs.get(id), print)
      const wrong = verdict("jobs", job, told)
      return Option.isSome(wrong) ? yield* Effect.fail(wrong.value) : undefined
    }
    case "stop": {
      const job = yield* jobs.get(id)
      if (job.state === "ended") yield* Screen.complain(`jobs: job ${id} has ended: there is nothing to stop`)
      const isLeft = options.dryRun || job.state === "ended"
      return yield* Effect.flatMap(isLeft ? Effect.succeed(job) : jobs.stop(id, yield* actor), print)
    }
    case "prune": {
      const olderThan = Option.getOrElse(options.olderThan, () => monthOld)
      if (options.dryRun) {
        const until = DateTime.subtractDuration(yield* DateTime.now, olderThan)
        const old = (yield* jobs.list({ limit })).filter(
          ({ endedAt }) => endedAt !== undefined && DateTime.lessThan(endedAt, until)
        )
        yield* Effect.forEach(old, print, { discard: true })
        return yield* Screen.print(`${counted(old.length, "job")} would be deleted.\n`)
      }
      const count = yield* jobs.prune({ olderThan })
      return yield* Screen.print(`${counted(count, "job")} deleted.\n`)
    }
  }
})

const run = Effect.fnUntraced(function* (options: JobsOptions) {
  const wrong = misuse(options)
  if (wrong !== undefined) return yield* wrongUse(wrong)
  const { JobId, withJobs } = yield* machinery
  const id = JobId.make(Option.getOrElse(options.job, () => 1))
  const store = yield* storeOf("jobs", options.store)
  yield* withJobs(store, (jobs) => perform(options, store, jobs, id))
})

/** @category commands */
export const jobs = described("jobs", config, run, {
  summary: "List the jobs of a store, show, follow or stop one, delete old ones.",
  usage: "list|show|follow|stop|prune [job] [options]",
  details: [
    "Needs no key. A job is what apply --store and audit --store hand to workers. stop lets checkpoints that were begun come to their end, and begins no other. Ctrl-C ends follow, and not the job. follow exits with 4 if a job was stopped, came to its deadline or left something undone, with 1 if it failed before it changed anything."
  ],
  examples: {
    "jobs list --store sqlite:access.db": "the newest first",
    "jobs follow 7 --store postgres://me@db/access": "what has happened in a job, and what happens"
  }
})
