/** The whole command line as a process. */
import * as Cli from "../../Cli.ts"
import { runProcess } from "./process.ts"

export const main = (host: NodeJS.Process): void => runProcess(host, Cli.run)
