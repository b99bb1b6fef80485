/** Writes what the sessions of the pages print into the pages. To be looked at before it is committed. */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { setup } from "../support/bundle.ts"
import { normal, read, rerun } from "../support/sessions.ts"

setup()
for (const name of ["command-line.md", "emulator.md"]) {
  const { page, shown } = read(name)
  const printed = await Effect.runPromise(rerun(page, shown))
  let text = page
  shown.forEach(({ command, output }, i) => {
    const now = (printed[i] ?? "").replaceAll("\r", "").replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:4010")
    if (normal(now) !== normal(output)) text = text.replace(`$ ${command}\n${output}`, () => `$ ${command}\n${now}`)
  })
  writeFileSync(fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url)), text)
}
