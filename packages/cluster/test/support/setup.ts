/** One Postgres and one Redis for all tests of this package that do not stop theirs. */
import { Effect, Exit, Scope } from "effect"
import type { TestProject } from "vitest/node"
import * as Postgres from "./postgres.ts"
import * as Redis from "./redis.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of a database in which others are made; empty if there is no Postgres. */
    postgres: string
    /** Empty if there is no Redis. */
    redis: string
  }
}

export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const scope = Effect.runSync(Scope.make())
  const started = <A>(server: Effect.Effect<A, unknown, Scope.Scope>) => Effect.runPromise(Scope.extend(server, scope))
  if (Postgres.binaries === undefined) {
    console.log("The tests of the cluster on Postgres were left out: there is none here, neither in PATH nor Debian's.")
  }
  if (Redis.binaries === undefined) {
    console.log("The tests of the cluster on Redis were left out: there is no redis-server in PATH.")
  }
  const [postgres, redis] = await Promise.all([
    Postgres.binaries === undefined ? undefined : started(Postgres.postgres),
    Redis.binaries === undefined ? undefined : started(Redis.redis)
  ])
  provide("postgres", postgres?.url("postgres") ?? "")
  provide("redis", redis?.url ?? "")
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}
