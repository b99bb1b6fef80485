#!/usr/bin/env node
import * as exitCode from "./internal/command/exitCode.ts"
import { answer, wantsColors } from "./internal/help/commandLine.ts"
import { type Commands, program } from "./internal/help/words.ts"
import { failureLine, hasColors, isClosed, standardOutput, style } from "./internal/terminal/style.ts"

/** The descriptions of the commands, inserted by the bundler. `undefined` outside the bundle. */
declare const CHECKPOINT_PERMISSIONS_BUNDLED: { readonly version: string; readonly commands: Commands } | undefined

const { argv, stderr, stdout } = process
const words = argv.slice(2)
const styleOf = (stream: Parameters<typeof hasColors>[0]) => style(wantsColors(words) && hasColors(stream))

const respond = () => {
  if (typeof CHECKPOINT_PERMISSIONS_BUNDLED === "undefined") return undefined
  const { commands, version } = CHECKPOINT_PERMISSIONS_BUNDLED
  return answer(words, version, commands, { style: styleOf(stdout), columns: stdout.columns ?? 80 })
}

const failed = (message: string, code: number): void => {
  process.exitCode = code
  // Without a listener a failed write would end the process with another code.
  stderr.on("error", () => {})
  stderr.write(`${failureLine(styleOf(stderr), program, message)}\n`)
}

const line = respond()
if (line === undefined || "args" in line) {
  import("./internal/command/main.ts").then(({ main }) => main(process))
} else if ("error" in line) {
  failed(line.error, exitCode.wrongUse)
} else {
  standardOutput(stdout).write(line.text, (error) => {
    if (error && !isClosed(error)) failed(`standard output cannot be written: ${error.message}`, exitCode.failed)
  })
}
