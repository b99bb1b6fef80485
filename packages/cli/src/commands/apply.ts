/**
 * `checkpoint-permissions apply`: makes access as a policy or a plan says.
 *
 * @since 0.1.0
 */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessPlan from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as AccessProgress from "@checkpoint-permissions/access/AccessProgress"
import * as Journal from "@checkpoint-permissions/access/Journal"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as saved from "../internal/apply/saved.ts"
import * as Tally from "../internal/apply/tally.ts"
import { type Failure, Incomplete, Refused, Stopped, WrongUse } from "../internal/failure.ts"
import { described } from "../internal/help/described.ts"
import { readText } from "../internal/input/files.ts"
import { digits, force, maxDuration, option, policyFiles } from "../internal/input/parameters.ts"
import * as policies from "../internal/input/policy.ts"
import * as output from "../internal/output/file.ts"
import * as difference from "../internal/output/plan.ts"
import { rate, serverOptions } from "../internal/server/options.ts"
import { planOf } from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"
import { Interruption, type Signal } from "../internal/terminal/interruption.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { jsonLine } from "../internal/terminal/text.ts"
import { time } from "../internal/terminal/time.ts"

const Count = Schema.NonNegativeInt.annotations({
  message: () => ({ message: "not a number of permissions: pass 0 or more", override: true })
})

const Sha256 = Schema.String.pipe(
  Schema.pattern(/^(sha256:)?[0-9a-f]{64}$/i, {
    message: () => "not a SHA-256: pass the 64 hex digits that plan printed"
  })
)

const path = (name: string, description: string) =>
  Options.text(name).pipe(Options.withPseudoName("file"), Options.withDescription(description), Options.optional)

const config = {
  file: policyFiles,
  plan: path("plan", "A plan that plan --out saved, instead of --file."),
  sha256: option({ name: "sha256", pseudoName: "digest", schema: Sha256 }).pipe(
    Options.withDescription("With --plan: apply this very file only, as plan printed it."),
    Options.optional
  ),
  yes: Options.boolean("yes").pipe(Options.withDescription("Revoke without asking.")),
  maxRevokes: option({ name: "max-revokes", pseudoName: "number", schema: Count, prepare: digits }).pipe(
    Options.withDescription("Refuse a plan that revokes more permissions than this. 10 by default."),
    Options.optional
  ),
  journal: path("journal", "Write each change down here, before and after it, at the end of the file."),
  actor: Options.text("actor").pipe(
    Options.withPseudoName("name"),
    Options.withDescription("Who applies, for the journal. Otherwise GITHUB_ACTOR or USER."),
    Options.optional
  ),
  progress: path(
    "progress",
    "Where to keep how far it is, so that the same command goes on from there. Otherwise in .checkpoint-permissions/."
  ),
  backup: path("backup", "Save access as it was before here, as a policy."),
  force,
  maxDuration,
  json: Options.boolean("json").pipe(
    Options.withDescription("Print each step as a line of JSON, and a summary at the end.")
  ),
  rate,
  ...serverOptions
}

type ApplyOptions = Command.Command.ParseConfig<typeof config>

/** As many revokes as need no word of their own. */
const defaultMaxRevokes = 10

/** What is to be applied, and what an earlier run has done of it. */
interface Work {
  readonly plan: AccessPlan.AccessPlan
  readonly files: saved.Files
  /** Of an earlier run. */
  readonly progress: Option.Option<AccessProgress.AccessProgress>
  /** Whether the plan is to be saved with the progress. */
  readonly ours: boolean
}

const ofPolicy = Effect.fnUntraced(function* (
  options: ApplyOptions,
  policy: AccessPolicy.AccessPolicy,
  server: CheckpointPermissions.Server
) {
  const digest = yield* AccessPolicy.digest(policy)
  const files = yield* saved.filesOf(options.progress, server, digest)
  const resumed = yield* saved.resumable(files, server, digest)
  const work: Work = Option.isSome(resumed)
    ? { plan: resumed.value.plan, files, progress: Option.some(resumed.value.progress), ours: true }
    : { plan: yield* planOf(policy), files, progress: Option.none(), ours: true }
  return work
})

const ofPlan = Effect.fnUntraced(function* (
  options: ApplyOptions,
  plan: AccessPlan.AccessPlan,
  server: CheckpointPermissions.Server
) {
  const files = yield* saved.filesOf(options.progress, server, yield* AccessPlan.sha256Of(plan))
  const work: Work = { plan, files, progress: yield* saved.progressIn(files), ours: false }
  return work
})

const revokesLeft = ({ plan, progress }: Work): number => {
  const done = new Set<string>(Option.getOrUndefined(progress)?.done)
  return plan.checkpoints
    .filter(({ checkpoint }) => !done.has(checkpoint))
    .reduce((sum, { revokes }) => sum + revokes.length, 0)
}

/** Taking access away is confirmed by hand, or was agreed to beforehand. */
const confirmed = Effect.fnUntraced(function* (options: ApplyOptions, revokes: number, planned: number) {
  const limit = Option.getOrElse(options.maxRevokes, () => defaultMaxRevokes)
  if (planned > limit) {
    return yield* new Refused({
      message: `apply: it revokes ${counted(planned, "permission")}, more than ${limit}: look at the plan, then pass --max-revokes ${planned}`
    })
  }
  if (revokes === 0 || options.yes) return
  const screen = yield* Screen.Screen
  const answer = yield* screen.ask(
    `${screen.err.bold(`Revokes ${counted(revokes, "permission")}.`)} Type ${screen.err.bold(String(revokes))} to go on: `
  )
  if (answer === undefined) {
    return yield* new Refused({
      message: `apply: it revokes ${counted(revokes, "permission")}, and there is no terminal to confirm that at: look at the plan, then pass --yes`
    })
  }
  if (answer !== String(revokes)) return yield* new Refused({ message: "apply: not confirmed, nothing is changed" })
})

const actorOf = (options: ApplyOptions): Effect.Effect<string | undefined> =>
  Option.match(options.actor, {
    onSome: Effect.succeed,
    onNone: () =>
      Config.string("GITHUB_ACTOR").pipe(
        Config.orElse(() => Config.string("USER")),
        Effect.orElseSucceed(() => undefined)
      )
  })

const backup = Effect.fnUntraced(function* (options: ApplyOptions, work: Work) {
  if (Option.isNone(options.backup)) return
  const fs = yield* FileSystem.FileSystem
  const there = yield* Effect.orElseSucceed(fs.exists(options.backup.value), () => false)
  // What was there before is what the first run found.
  if (there && Option.isSome(work.progress)) return
  const former = yield* AccessPlan.formerState(work.plan)
  yield* output.write(
    { what: "backup", path: options.backup.value, force: options.force },
    AccessPolicy.format(former, { header: [`Access as it was before plan ${yield* AccessPlan.sha256Of(work.plan)}`] })
  )
})

/** Progress is on the disk no later than this. */
const saveEvery = 500

/** Applies it, telling each step, until it is done or to be stopped. */
const carriedOut = Effect.fnUntraced(function* (
  options: ApplyOptions,
  work: Work,
  start: AccessProgress.AccessProgress,
  stop: Effect.Effect<unknown>
) {
  const screen = yield* Screen.Screen
  const { files, plan } = work
  const total = plan.checkpoints.length
  const journal = yield* Effect.transposeMapOption(options.journal, Journal.file)
  const actor = yield* actorOf(options)
  let progress = start
  let tally: Tally.Tally = { ...Tally.nothing, complete: start.done.length }
  let savedAt = yield* Clock.currentTimeMillis
  let remaining = 0

  const showProgress = Effect.suspend(() =>
    Effect.flatMap(Access.estimate(plan, { progress }), ({ duration }) => {
      const left = total - tally.complete - tally.unfinished
      return screen.progress(
        `apply: ${tally.complete} of ${counted(total, "checkpoint")}, ${Tally.told(tally)}; ${left} left, about ${time(duration)}`
      )
    })
  )

  const onStep = Effect.fnUntraced(function* (step: Parameters<typeof Tally.add>[1]) {
    tally = Tally.add(tally, step)
    progress = AccessProgress.advance(progress, step)
    if (step._tag === "Stopped") remaining = step.remaining
    const told = Tally.line(step, plan.policy, screen.out)
    // Whoever read the output may have gone: the work goes on all the same.
    if (options.json) yield* Effect.ignore(screen.print(Tally.json(step)))
    else if (told.done !== undefined) yield* Effect.ignore(screen.print(told.done))
    if (told.wrong !== undefined) yield* screen.complain(told.wrong)
    if (step._tag === "CheckpointFinished") {
      const now = yield* Clock.currentTimeMillis
      if (now - savedAt >= saveEvery) {
        savedAt = now
        yield* saved.save(files, progress)
      }
    }
    yield* showProgress
  })

  yield* showProgress
  const ended = yield* Access.apply(plan, {
    maxRevokes: Option.getOrElse(options.maxRevokes, () => defaultMaxRevokes),
    journal: Option.getOrUndefined(journal),
    actor,
    progress: Option.isSome(work.progress) ? start : undefined,
    stop
  }).pipe(Stream.runForEach(onStep), Effect.either)
  yield* screen.clear
  const complete = tally.complete === total
  return { complete, ended, progress, remaining, tally }
}, Effect.scoped)

/** How it ended, as one failure, or none. */
const verdict = (
  work: Work,
  { complete, ended, tally }: Effect.Effect.Success<ReturnType<typeof carriedOut>>,
  ending: { readonly signal: Signal | undefined; readonly kept: boolean }
): Option.Option<Failure> => {
  const total = work.plan.checkpoints.length
  const failure: Failure | undefined = ended._tag === "Left" ? ended.left : undefined
  const touched = tally.granted + tally.revoked + tally.alreadyDone > 0
  if (failure !== undefined && !touched) return Option.some(failure)
  const { unread } = work.plan.counts
  if (failure === undefined && complete && unread === 0) return Option.none()
  const rest = ending.kept
    ? `run the same command again for the rest (${printable(work.files.progress)} says how far it is)`
    : "plan again for the rest"
  const message = `apply: ${failure === undefined ? "" : `${failure.message}; `}${Tally.summary(tally, total)}${
    complete ? "" : `, ${total - tally.complete} not: ${rest}`
  }${unread === 0 ? "" : `; ${counted(unread, "checkpoint")} could not be read when the plan was made, and ${unread === 1 ? "is" : "are"} as before`}`
  if (ending.signal !== undefined && failure === undefined && !complete) {
    return Option.some(new Stopped({ message, signal: ending.signal }))
  }
  const onlyDrift =
    failure === undefined && unread === 0 && tally.drifted > 0 && tally.drifted === total - tally.complete
  return Option.some(onlyDrift ? new Refused({ message }) : new Incomplete({ message }))
}

const applied = Effect.fnUntraced(function* (options: ApplyOptions, work: Work) {
  const screen = yield* Screen.Screen
  const { gracefully } = yield* Interruption
  const { files, plan } = work
  const say = (text: string) => (options.json ? screen.note(text.trimEnd()) : Effect.ignore(screen.print(text)))
  const estimate = yield* Access.estimate(plan, { progress: Option.getOrUndefined(work.progress) })
  if (Option.isSome(work.progress)) {
    yield* say(
      `Goes on where an earlier run stopped: ${work.progress.value.done.length} of ${counted(plan.checkpoints.length, "checkpoint")} done; the rest takes ${difference.effort(estimate)}.\n`
    )
  } else yield* say(difference.text(plan, estimate, options.json ? screen.err : screen.out))

  yield* confirmed(options, revokesLeft(work), plan.counts.revokes)
  yield* backup(options, work)
  const start = yield* Option.match(work.progress, {
    onNone: () => AccessProgress.start(plan),
    onSome: Effect.succeed
  })
  yield* saved.begin(files, work.ours ? plan : undefined, start)

  return yield* gracefully((signal) =>
    Effect.gen(function* () {
      let told: Signal | undefined
      const signalled = Effect.tap(signal, (name) => {
        told = name
        return screen.complain(
          `apply: ${name}: finishes what is in flight and stops${name === "SIGINT" ? "; Ctrl-C again stops at once" : ""}`
        )
      })
      const stop = Option.match(options.maxDuration, {
        onNone: () => Effect.asVoid(signalled),
        onSome: (limit) =>
          Effect.raceFirst(
            Effect.asVoid(signalled),
            Effect.zipRight(
              Effect.sleep(limit),
              screen.complain(`apply: ${time(limit)} are over: finishes what is in flight and stops`)
            )
          )
      })
      const outcome = yield* carriedOut(options, work, start, stop)
      const { complete, ended, progress, tally } = outcome
      const touched = tally.granted + tally.revoked + tally.alreadyDone > 0 || tally.complete > 0
      // A plan that no longer fits is of no use to the next run.
      const kept = !complete && tally.drifted === 0 && (ended._tag === "Right" || touched)
      if (kept) yield* saved.save(files, progress)
      else yield* saved.forget({ ...files, plan: work.ours ? files.plan : files.progress })
      if (options.json) {
        const { checkpoints, unread } = plan.counts
        yield* Effect.ignore(screen.print(jsonLine({ _tag: "Summary", checkpoints, ...tally, unread })))
      }
      const wrong = verdict(work, outcome, { signal: told, kept })
      if (Option.isSome(wrong)) return yield* Effect.fail(wrong.value)
      if (!options.json) {
        yield* Effect.ignore(
          screen.print(`${screen.out.green("✓")} ${Tally.summary(tally, plan.checkpoints.length)}.\n`)
        )
      }
    })
  )
})

const run = (options: ApplyOptions) =>
  Effect.gen(function* () {
    const fromPlan = Option.isSome(options.plan)
    if (fromPlan === options.file.length > 0) {
      return yield* new WrongUse({ message: "pass --file <policy> or --plan <plan.json>, one of them" })
    }
    if (Option.isSome(options.sha256) && !fromPlan) {
      return yield* new WrongUse({ message: "--sha256 is of a plan's file: pass --plan too" })
    }
    if (Option.isSome(options.backup) && !options.force) {
      // One that an earlier run of the same plan wrote is kept, and found only later.
      yield* output.check({ what: "backup", path: options.backup.value, force: true })
    }
    const source = yield* Option.match(options.plan, {
      onNone: () => Effect.map(policies.load(options.file), (policy) => ({ policy, plan: undefined })),
      onSome: (path) =>
        readText("plan", path).pipe(
          Effect.flatMap((text) => AccessPlan.fromJson(text, { sha256: Option.getOrUndefined(options.sha256) })),
          Effect.map((plan) => ({ policy: plan.policy, plan }))
        )
    })
    const checkpoints = AccessPolicy.resolve(source.policy).map(({ checkpoint }) => checkpoint)
    const screen = yield* Screen.Screen
    return yield* withPermissions(options, checkpoints, (permissions) =>
      Effect.gen(function* () {
        const work = yield* source.plan === undefined
          ? ofPolicy(options, source.policy, permissions.server)
          : ofPlan(options, source.plan, permissions.server)
        yield* applied(options, work)
      }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
    ).pipe(
      // Once changes begin no signal interrupts: they are brought to an end.
      Effect.onInterrupt(() =>
        screen.complain("checkpoint-permissions: apply: interrupted before anything was changed")
      )
    )
  })

/**
 * @category commands
 * @since 0.1.0
 */
export const apply = described("apply", Command.make("apply", config, run), {
  summary: "Make access as a policy or a saved plan says: grants first, then revokes.",
  details: [
    "At a terminal revokes are confirmed by typing their number; elsewhere they need --yes. Ctrl-C, SIGTERM and --max-duration let what is in flight finish and say what is left; the same command again does only the rest. A second Ctrl-C stops at once.",
    "Exits with 4 if only a part is done, with 5 if it is refused: too many revokes, no confirmation, another server, or a checkpoint that somebody else changed since the plan."
  ],
  examples: [
    {
      line: "checkpoint-permissions apply --file policy.yaml",
      does: "shows the difference, and asks before it revokes"
    },
    {
      line: "checkpoint-permissions apply --plan plan.json --yes --max-revokes 25 --journal access.journal --max-duration 50m",
      does: "in CI, the plan that was reviewed"
    }
  ]
})
