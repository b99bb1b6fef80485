/** Runs a scenario in virtual time and writes down all that happens. */
import { VirtualClock } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { Cause, Deferred, Effect, Exit, FiberRef, identity, Logger, LogLevel, Option, Random, Runtime } from "effect"
import * as commands from "./commands.ts"
import {
  type Actor,
  type Apply,
  checkpoints,
  type Fate,
  type Scenario,
  type Step,
  stepsOf
} from "./scenario/scenario.ts"
import { plainActor, plainly } from "./scenario/steps.ts"
import type { Claim, End, Ran, Trace } from "./trace.ts"
import { type Machine, Process, run as runProcess } from "./world/process.ts"
import { Server } from "./world/server.ts"
import { type Instant, startAt } from "./world/time.ts"

/** More than any scenario needs. */
const mostRequests = 3000
const mostTime = "7 days"

/** Long enough for whatever is still under way: a request that is executed late, a listing that lags. */
const untilAllIsOver = "15 minutes"

const generous = { rate: "unlimited", maxLimit: 100, maxProjects: 100, shortPages: "never", listingLag: 0 } as const

const endOf = (exit: Exit.Exit<unknown, { readonly _tag: string; readonly message: string }> | undefined): End => {
  if (exit === undefined) return { _tag: "killed" }
  if (Exit.isSuccess(exit)) return { _tag: "done" }
  const failure = Cause.failureOption(exit.cause)
  if (Option.isSome(failure)) return { _tag: "failed", error: failure.value._tag, message: failure.value.message }
  return Cause.isInterruptedOnly(exit.cause)
    ? { _tag: "interrupted" }
    : { _tag: "died", reason: Cause.pretty(exit.cause) }
}

const simulated = (scenario: Scenario, plant: commands.Plant): Effect.Effect<Trace> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const scheduler = yield* FiberRef.get(FiberRef.currentScheduler)
    const runtime = yield* Effect.runtime<never>()
    /** Whatever is left to chance but the order of fibers. */
    const random = yield* Effect.random
    const chance = () => Effect.runSync(random.next)
    const fork = (self: Effect.Effect<void>) => {
      const fiber = Runtime.runFork(runtime)(self)
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
    const later = (millis: number, act: () => void) => fork(Effect.zipRight(Effect.sleep(millis), Effect.sync(act)))

    let order = 0
    const instant = (): Instant => ({ order: ++order, time: clock.unsafeCurrentTimeMillis() })
    const events: Array<Trace["events"][number]> = []
    const note = (text: string) => void events.push({ at: instant(), text })
    const runs: Array<Ran> = []
    let endless: string | undefined

    const machines: readonly [Machine, Machine] = [{ offset: scenario.clocks[0] }, { offset: scenario.clocks[1] }]

    const named = [...new Set([...checkpoints, ...scenario.initial.map(({ checkpoint }) => checkpoint)])]
    const server = new Server({
      behavior: scenario.behavior,
      faults: scenario.faults,
      seed: Object.fromEntries(
        named.map((checkpoint) => [
          checkpoint,
          scenario.initial
            .filter((one) => one.checkpoint === checkpoint)
            .sort((a, b) => b.age - a.age)
            .map(({ age, id, project }) => ({ id, project_id: project, created_at: startAt / 1000 - age }))
        ])
      ),
      now: () => clock.unsafeCurrentTimeMillis(),
      instant,
      fork,
      outlives: () => chance() < 0.5
    })

    const meet = (process: Process, fate: Fate, stop: Deferred.Deferred<void>) => {
      const happen = () => {
        if (!process.isAlive) return
        note(`${process.run}: ${fate.what}${fate.what === "freeze" ? ` for ${fate.millis} ms` : ""}`)
        switch (fate.what) {
          case "kill":
            return process.kill()
          case "interrupt":
            return process.interrupt()
          case "stop":
            return Deferred.unsafeDone(stop, Exit.void)
          case "freeze":
            process.freeze()
            later(fate.millis, () => process.thaw())
        }
      }
      if ("turns" in fate.after) process.fateAt(fate.after.turns, happen)
      else later(fate.after.millis, happen)
    }

    /** Runs one command in a process of its own, and records its claims and its end. */
    const execute = <A>(
      actor: Actor,
      name: string,
      command: Ran["command"],
      step: Step,
      fate: Fate | undefined,
      run: (given: commands.Given) => commands.Command<A>
    ) =>
      Effect.gen(function* () {
        const { client, machine } = actor
        const process = new Process(name, machines[machine], scheduler, () => {
          endless ??= `${name} does not end`
        })
        const stop = yield* Deferred.make<void>()
        const limited = HttpClient.transform(server.client(process), (send) =>
          Effect.suspend(() => {
            if (server.exchanges.length < mostRequests) return send
            endless ??= `${name} sends more than ${mostRequests} requests`
            return Effect.dieMessage("too many requests")
          })
        )
        const claims: Array<Claim> = []
        let plan: Ran["plan"]
        const given: commands.Given = {
          run: name,
          client,
          policies: scenario.policies,
          plant,
          say: (claim) =>
            Effect.sync(() => {
              claims.push({ ...claim, at: instant() })
            }),
          onPlan: (one) => {
            plan = one
          },
          stop: Deferred.await(stop)
        }
        const started = instant()
        if (fate !== undefined) meet(process, fate, stop)
        const exit = yield* runProcess(process, Effect.provideService(run(given), HttpClient.HttpClient, limited))
        runs.push({ name, machine, step, command, plan, started, ended: instant(), end: endOf(exit), claims })
        return exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined
      })

    /** The plan that an actor saved last. */
    const saved = new Map<Actor, string>()

    const applied = Effect.fnUntraced(function* (actor: Actor, name: string, step: Apply) {
      if (step.plan === "fresh") {
        return yield* execute(actor, `${name} apply`, "apply", step, step.fate, (given) =>
          commands.apply(given, step, undefined)
        )
      }
      if (step.plan === "loaded" || !saved.has(actor)) {
        const text = yield* execute(actor, `${name} plan`, "plan", step, undefined, (given) =>
          commands.plan(given, step)
        )
        if (text === undefined) return
        saved.set(actor, text)
        yield* Effect.sleep(step.pause)
      }
      const text = saved.get(actor)
      yield* execute(actor, `${name} apply`, "apply", step, step.fate, (given) => commands.apply(given, step, text))
    })

    const happens = Effect.fnUntraced(function* (actor: Actor, name: string, step: Step) {
      yield* Effect.sleep(step.wait)
      const machine = machines[actor.machine]
      switch (step._tag) {
        case "apply":
          return yield* applied(actor, name, step)
        case "grant":
        case "revoke":
          return yield* execute(actor, `${name} ${step._tag}`, step._tag, step, step.fate, (given) =>
            commands.write(given, step)
          )
        case "by hand": {
          const there = server.permissions(step.checkpoint).filter(({ project_id }) => project_id === step.project)
          const target = step.what === "remove oldest" ? there[0] : there.at(-1)
          if (step.what === "add") {
            if (scenario.behavior.owners?.[step.checkpoint] === step.project) return
            if (there.length > 0 && scenario.behavior.regrant !== "second") return
            server.byHand(step.checkpoint, { add: step.project })
          } else if (target !== undefined) server.byHand(step.checkpoint, { remove: target.id })
          return
        }
        case "trouble": {
          note(`the clock of machine ${actor.machine}: ${step.by} ms`)
          machine.offset += step.by
        }
      }
    })

    const inTime = <A>(self: Effect.Effect<A>) =>
      Effect.map(Effect.timeoutOption(Effect.disconnect(self), mostTime), (result) => {
        if (Option.isNone(result)) endless ??= "it does not end"
      })

    yield* inTime(
      Effect.forEach(
        scenario.actors,
        (actor, a) =>
          Effect.forEach(actor.steps, (step, s) => happens(actor, `${a + 1}.${s + 1}`, step), { discard: true }),
        { concurrency: "unbounded", discard: true }
      )
    )
    yield* Effect.sleep(untilAllIsOver)
    server.calm(generous)
    const calmed = instant()
    const policy = stepsOf(scenario).reduce((last, step) => (step._tag === "apply" ? step.policy : last), 0)
    const lastStep: Apply = { ...plainly("fresh"), policy }
    yield* inTime(
      execute({ ...plainActor, steps: [] }, "one more apply", "apply", lastStep, undefined, (given) =>
        commands.apply(given, lastStep, undefined)
      )
    )
    const trace: Trace = {
      ran: runs,
      exchanges: server.exchanges,
      versions: server.versions,
      events,
      calmed,
      last: runs.find(({ name }) => name === "one more apply"),
      atEnd: new Map(named.map((checkpoint) => [checkpoint, server.permissions(checkpoint)])),
      endless
    }
    return trace
  })

/** The trace of a scenario: the same each time. */
export const run = (scenario: Scenario, plant: commands.Plant = identity): Effect.Effect<Trace> =>
  simulated(scenario, plant).pipe(
    Effect.withTracerEnabled(false),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.withRandom(Random.make(scenario.seed)),
    (program) => VirtualClock.run(program, { startAt, seed: scenario.seed, yieldChance: scenario.yieldChance })
  )
