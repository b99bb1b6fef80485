import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import type { HttpClient } from "@effect/platform"
import { Cause, Effect, Exit, Layer, Logger, Record, Redacted, Schema } from "effect"
import type { YieldWrap } from "effect/Utils"
import { it } from "vitest"
import { Access, AccessPolicy } from "../../src/index.ts"

export const checkpoint = (name: string) => Identifiers.CheckpointId.make(name)
export const project = (name: string) => Identifiers.ProjectId.make(name)
export const projects = (...names: ReadonlyArray<string>) => names.map(project)

/** Two checkpoints. */
export const a = checkpoint("ft:gpt-4o-mini-2024-07-18:org:a:A1")
export const b = checkpoint("ft:gpt-4o-mini-2024-07-18:org:b:B1")

/** Names of `count` projects: `proj_000`, `proj_001`, … */
export const many = (count: number, prefix = "proj_") =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, "0")}`)

type Entry = (typeof AccessPolicy.AccessPolicy.Encoded)["checkpoints"][string]

/** A policy in few words: projects by checkpoint, or the whole entry. */
export const policy = (
  checkpoints: Readonly<Record<string, ReadonlyArray<string> | Entry>>
): AccessPolicy.AccessPolicy =>
  Schema.decodeSync(AccessPolicy.AccessPolicy)({
    version: 1,
    checkpoints: Record.map(checkpoints, (entry) => ("projects" in entry ? entry : { projects: entry }))
  })

export interface World extends FakePermissions.Options {
  readonly client?: Partial<CheckpointPermissions.Options>
  /** In Unix milliseconds. */
  readonly startAt?: number
}

/** Another service on the same fake. */
export const service = (
  options: Partial<CheckpointPermissions.Options> = {}
): Effect.Effect<CheckpointPermissions.Service, never, HttpClient.HttpClient> =>
  Effect.orDie(
    CheckpointPermissions.make({ adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.none, ...options })
  )

type Services =
  | Access.Access
  | CheckpointPermissions.CheckpointPermissions
  | FakePermissions.FakePermissions
  | HttpClient.HttpClient

/** Another `Access` on the same fake: another process. */
export const otherAccess = (options: Partial<CheckpointPermissions.Options> = {}) =>
  Effect.flatMap(service(options), Access.make)

type Body = (
  fake: FakePermissions.Service
) => Generator<YieldWrap<Effect.Effect<unknown, unknown, Services>>, unknown, never>

/** A test in a world of its own, with the fake of that world. */
export const test = (what: string, world: World, body: Body): void =>
  it(what, () =>
    run(
      inWorld(
        Effect.flatMap(FakePermissions.FakePermissions, (fake) => Effect.gen(() => body(fake))),
        world
      )
    )
  )

/** Runs a program that has a clock of its own, without the test services of `it.effect` and without logs. */
const run = async (program: Effect.Effect<unknown, unknown>): Promise<void> => {
  const exit = await Effect.runPromiseExit(Effect.provide(program, Logger.remove(Logger.defaultLogger)))
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
}

/** Runs a program on a fake of its own, in time that passes by itself. */
export const inWorld = <A, E>(
  program: Effect.Effect<A, E, Services>,
  { client, startAt = Date.UTC(2026, 0, 1), ...fake }: World = {}
): Effect.Effect<A, E> =>
  VirtualClock.run(
    program.pipe(
      Effect.provide(
        Access.layer.pipe(
          Layer.provideMerge(Layer.effect(CheckpointPermissions.CheckpointPermissions, service(client))),
          Layer.provideMerge(FakePermissions.layer(fake))
        )
      )
    ),
    { startAt }
  )

/** The requests that the fake got. */
export const requests = Effect.flatMap(FakePermissions.FakePermissions, (fake) => fake.requests)

/** How many of them are of an operation. */
export const countOf = (operation: string) =>
  Effect.map(requests, (all) => all.filter((one) => one.operation === operation).length)

export const requestCounts = Effect.all({
  list: countOf("list"),
  create: countOf("create"),
  delete: countOf("delete")
})
