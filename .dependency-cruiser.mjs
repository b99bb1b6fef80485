/** `npm run imports`: the rules for the imports between and within packages, those of types included. */

/** The packages that the `src` of each package may import. Tests are checked for cycles only. */
const arrows = {
  protocol: [],
  fake: ["protocol"],
  core: ["protocol"],
  client: ["core", "protocol"],
  testing: ["fake", "core", "protocol"],
  access: ["client", "core", "protocol"],
  cli: ["access", "client", "core", "testing", "fake", "protocol"],
  effect4: ["fake", "protocol"],
  action: ["access", "cli", "protocol"],
  // Data, for the tests of both Effect lines.
  contract: ["fake"],
  bench: ["access", "cli", "client", "core", "effect4", "fake", "protocol", "testing"]
}

export default {
  forbidden: [
    ...Object.entries(arrows).map(([name, others]) => ({
      name: `arrows-of-${name}`,
      comment: `${name} may import ${others.length === 0 ? "no other package" : others.join(", ")}.`,
      severity: "error",
      from: { path: `^packages/${name}/src/` },
      to: {
        path: "^(packages|tools|docs|scripts|examples)/",
        pathNot: `^packages/(?:${[name, ...others].join("|")})/src/`
      }
    })),
    {
      name: "arrows-of-others",
      comment: "A new package needs its arrows above.",
      severity: "error",
      from: { path: "^packages/", pathNot: `^packages/(${Object.keys(arrows).join("|")})/` },
      to: { path: "^packages/" }
    },
    {
      name: "scripts-are-above",
      comment: "Scripts use packages, docs and site. What these share with scripts is in tools.",
      severity: "error",
      from: { path: "^(packages|tools|docs|site)/" },
      to: { path: "^scripts/" }
    },
    {
      name: "packages-are-below",
      comment: "Docs, site and examples use packages.",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(site|docs|examples)/" }
    },
    {
      name: "tools-are-below",
      comment: "Everything may use tools, which know no package.",
      severity: "error",
      from: { path: "^tools/" },
      to: { path: "^(packages|docs|site|examples)/" }
    },
    {
      name: "nothing-but-ours",
      comment: "They import neither Effect nor Node: time and random numbers are arguments.",
      severity: "error",
      from: { path: "^packages/(protocol|fake)/src/" },
      to: { pathNot: "^packages/" }
    },
    {
      name: "fake-takes-names-only",
      comment: "No mistake may pass on both sides: the fake takes what an id may be and which name was meant.",
      severity: "error",
      from: { path: "^packages/fake/src/" },
      to: { path: "^packages/protocol/", pathNot: "^packages/protocol/src/(identifiers|nearest)[.]ts$" }
    },
    {
      name: "no-circles",
      comment: "What two modules share lives below both.",
      severity: "error",
      from: {},
      to: { circular: true }
    },
    {
      name: "leads-somewhere",
      comment: "An import that leads nowhere would hide from the other rules.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true }
    }
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
      extensions: [".ts", ".js", ".d.ts"]
    }
  }
}
