/** Compares modules of the two Effect versions, without their imports and white space. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./install.mjs"

/** Modules below `packages`. After the renames, the text for Effect 3 is the text for Effect 4. */
const twins = [
  ["client/src/Pacing.ts", "effect4/src/Pacing.ts"],
  ["client/src/internal/limiter.ts", "effect4/src/internal/limiter.ts"],
  ["client/src/internal/observing.ts", "effect4/src/internal/observing.ts"],
  ["client/src/internal/operations.ts", "effect4/src/internal/operations.ts"],
  ["client/src/internal/service.ts", "effect4/src/internal/service.ts"],
  ["testing/src/ServerBehavior.ts", "effect4/src/ServerBehavior.ts"]
]

/** @type {ReadonlyArray<[RegExp, string]>} */
const renames = [
  [/@checkpoint-permissions\/(client|testing)"/g, '@checkpoint-permissions/effect4"'],
  [/^( \* )```ts$/gm, "$1```ts effect4"],
  [/Duration\.DurationInput/g, "Duration.Input"],
  [/Duration\.decodeUnknown\b/g, "Duration.fromInput"],
  [/Effect\.unsafeMakeLatch/g, "Latch.makeUnsafe"],
  [/Effect\.Latch/g, "Latch.Latch"],
  [/unsafeOpen\(\)/g, "openUnsafe()"],
  [/unsafeClose\(\)/g, "closeUnsafe()"],
  [/unsafeCurrentTimeMillis\(\)/g, "currentTimeMillisUnsafe()"],
  [/Effect\.clockWith\(/g, "Clock.clockWith("],
  // there a new fiber starts in the next task by default
  [/Effect\.forkDaemon\((.*observe\(wait\)\))\)/g, "Effect.forkDetach($1, { startImmediately: true })"],
  [/Effect\.forkDaemon\(/g, "Effect.forkDetach("],
  [/Effect\.zipRight/g, "Effect.andThen"],
  [/Fiber\.RuntimeFiber</g, "Fiber.Fiber<"]
]

/** @param {string} file @returns {ReadonlyArray<string>} the words and signs of a module */
const wordsOf = (file, isRenamed = false) => {
  const text = readFileSync(join(root, "packages", file), "utf8").replace(/^import [^;]*?"[^"\n]+"$/gm, "")
  const renamed = isRenamed ? renames.reduce((text, [from, to]) => text.replace(from, to), text) : text
  return renamed.match(/\w+|[^\w\s]/g) ?? []
}

/** Returns one line for each module that differs from its twin. */
export const differences = () =>
  twins.flatMap(([effect3 = "", effect4 = ""]) => {
    const one = wordsOf(effect3, true)
    const other = wordsOf(effect4)
    const at = one.findIndex((word, index) => word !== other[index])
    if (at < 0 && one.length === other.length) return []
    const near = (/** @type {ReadonlyArray<string>} */ words) => words.slice(Math.max(0, at - 3), at + 5).join(" ")
    return [`packages/${effect4}: differs from ${effect3}: "${near(other)}" is "${near(one)}" there`]
  })
