/**
 * The official SDK says that it needs Node 22. It is a dependency of tests and examples only, which run it on every
 * Node that we support, so no install has to warn of it.
 */
const readPackage = (manifest) => {
  if (manifest.name === "openai") delete manifest.engines
  return manifest
}

/** What a user of a package never runs is not in its manifest. */
const beforePacking = ({ devDependencies: _devDependencies, scripts: _scripts, ...manifest }) => manifest

module.exports = { hooks: { beforePacking, readPackage } }
