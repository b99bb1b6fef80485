#!/usr/bin/env node
import("./internal/main.ts").then(({ main }) => main(process))
