#!/usr/bin/env node
import { answer, type Bundled } from "./internal/help/fastHelp.ts"

declare const CHECKPOINT_PERMISSIONS_BUNDLED: Bundled | undefined

const told =
  typeof CHECKPOINT_PERMISSIONS_BUNDLED === "undefined"
    ? undefined
    : answer(process.argv.slice(2), CHECKPOINT_PERMISSIONS_BUNDLED, process.stdout)

if (told === undefined) import("./internal/main.ts").then(({ main }) => main(process))
else process.stdout.on("error", () => {}).write(told)
