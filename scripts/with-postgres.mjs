/**
 * Runs a command with an empty Postgres of its own, whose URL is in DATABASE_URL, and exits as it does; with 77 where
 * there is no Postgres. To be run with `--import tsx`.
 */
import { spawn } from "node:child_process"
import { Effect } from "effect"
import { binaries, postgres } from "../packages/cluster/test/support/postgres.ts"

const [command = "", ...args] = process.argv.slice(2)

/** @param {string} url */
const run = (url) =>
  Effect.async((resume) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, DATABASE_URL: url }
    })
    process.once("SIGTERM", () => child.kill("SIGTERM"))
    child.on("error", () => resume(Effect.succeed(127)))
    child.on("exit", (code) => resume(Effect.succeed(code ?? 1)))
  })

process.exitCode =
  binaries === undefined
    ? 77
    : await Effect.runPromise(Effect.scoped(Effect.flatMap(postgres, ({ url }) => run(url("postgres")))))
