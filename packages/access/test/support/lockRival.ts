/**
 * A process of its own, which takes the lock of a checkpoint when it reads
 * `try` and gives it back at `release`. It says `ready`, `held`, `locked by
 * <process number>`, `released`, `lost` and `warning: …`, each on a line, and
 * ends with its standard input.
 */
import * as readline from "node:readline"
import { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Lock from "../../src/Lock.ts"

const [, , folder = ""] = process.argv

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

const program = Effect.gen(function* () {
  const locks = yield* Lock.make({
    folder,
    server: { apiUrl: "https://api.openai.com/v1" },
    command: "rival",
    process: { pid: process.pid, host: "here" },
    onWarning: (line) => say(`warning: ${line}`)
  })
  const scopes: Array<Scope.CloseableScope> = []

  const attempt = Effect.gen(function* () {
    const scope = yield* Scope.make()
    const taken = yield* Effect.either(Scope.extend(locks.checkpoint(CheckpointId.make("ft:a"), { timeout: 0 }), scope))
    if (taken._tag === "Left") {
      yield* say(`locked by ${taken.left.holder?.pid}`)
    } else {
      scopes.push(scope)
      yield* Effect.forkDaemon(Effect.zipRight(taken.right.lost, say("lost")))
      yield* say("held")
    }
  })
  const release = Effect.suspend(() =>
    Effect.forEach(scopes.splice(0), (scope) => Scope.close(scope, Exit.void), { discard: true })
  ).pipe(Effect.zipRight(say("released")))

  yield* say("ready")
  const lines = readline.createInterface(process.stdin)[Symbol.asyncIterator]()
  yield* Effect.iterate(true, {
    while: (more) => more,
    body: () =>
      Effect.flatMap(
        Effect.promise(() => lines.next()),
        ({ done, value }) => {
          if (done) return Effect.succeed(false)
          return Effect.as(value === "try" ? attempt : release, true)
        }
      )
  })
}).pipe(Effect.provide([NodeFileSystem.layer, NodePath.layer]))

Effect.runPromise(program).then(() => process.exit(0))
