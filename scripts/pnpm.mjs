/** The pinned pnpm for scripts of package.json: `node scripts/pnpm.mjs install`. */
import { pnpm } from "./install.mjs"

if (!pnpm(...process.argv.slice(2))) process.exit(1)
