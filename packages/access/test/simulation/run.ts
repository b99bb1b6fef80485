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
  stepsOf,
  type Together
} from "./scenario/model.ts"
import { plainActor, plainly } from "./scenario/steps.ts"
import type { Claim, End, Ran, Trace } from "./trace.ts"
import { type Machine, Process, run as runProcess } from "./world/process.ts"
import { currentRun, Server } from "./world/server.ts"
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
      outlives: () => chance() < 0.5,
      namesOnly: scenario.namesOnly ?? Number.POSITIVE_INFINITY
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

    /** The input of a command, which records its claims and its end. */
    const noted = (
      actor: Actor,
      process: string,
      name: string,
      command: Ran["command"],
      step: Step,
      stop: Effect.Effect<void>
    ) => {
      const claims: Array<Claim> = []
      let plan: Ran["plan"]
      const given: commands.Given = {
        run: name,
        client: actor.client,
        policies: scenario.policies,
        plant,
        say: (claim) =>
          Effect.sync(() => {
            claims.push({ ...claim, at: instant() })
          }),
        onPlan: (one) => {
          plan = one
        },
        stop
      }
      const begin = () => {
        const started = instant()
        return (exit: Parameters<typeof endOf>[0]) => {
          const { machine } = actor
          const end = endOf(exit)
          runs.push({ name, process, machine, step, command, plan, started, ended: instant(), end, claims })
        }
      }
      return { begin, given }
    }

    /** Runs one command in a process of its own. */
    const execute = <A>(
      actor: Actor,
      name: string,
      command: Ran["command"],
      step: Step,
      fate: Fate | undefined,
      run: (given: commands.Given) => commands.Command<A>
    ) =>
      Effect.gen(function* () {
        const machine = machines[actor.machine]
        const process = new Process(name, machine, scheduler, () => {
          endless ??= `${name} does not end`
        })
        const stop = yield* Deferred.make<void>()
        const { begin, given } = noted(actor, name, name, command, step, Deferred.await(stop))
        const limited = HttpClient.transform(server.client(process), (send) =>
          Effect.suspend(() => {
            if (server.exchanges.length < mostRequests) return send
            endless ??= `${name} sends more than ${mostRequests} requests`
            return Effect.dieMessage("too many requests")
          })
        )
        const end = begin()
        if (fate !== undefined) meet(process, fate, stop)
        const exit = yield* runProcess(process, Effect.provideService(run(given), HttpClient.HttpClient, limited))
        end(exit)
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

    /** Several writes by one process. Those that it did not live to end were killed with it. */
    const didTogether = Effect.fnUntraced(function* (actor: Actor, name: string, step: Together) {
      const unended = new Set<() => void>()
      const process = `${name} together`
      yield* execute(actor, process, "together", step, step.fate, (given) =>
        commands.together(
          given,
          step.parts.map((part, n) => {
            const run = `${name} ${part._tag} ${n + 1}`
            const { begin, given } = noted(actor, process, run, part._tag, part, Effect.never)
            const within = (command: commands.Command): commands.Command<void> =>
              Effect.zipRight(
                Effect.sleep(part.wait),
                Effect.uninterruptibleMask((restore) => {
                  const end = begin()
                  const killed = () => end(undefined)
                  unended.add(killed)
                  return restore(command).pipe(
                    Effect.locally(currentRun, run),
                    Effect.exit,
                    Effect.map((exit) => {
                      unended.delete(killed)
                      end(exit)
                    })
                  )
                })
              )
            return { step: part, given, within }
          })
        )
      )
      for (const killed of unended) killed()
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
        case "together":
          return yield* didTogether(actor, name, step)
        case "list":
          return yield* execute(actor, `${name} list`, "list", step, step.fate, (given) => commands.list(given, step))
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
