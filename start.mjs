// `npm start`, `npm test` and the other tasks begin here. This file only refuses a Node that cannot
// read the rest, in syntax that even a very old one understands; scripts/setup.mjs goes on.
var major = Number(process.versions.node.split('.')[0])
if (major >= 20) {
  void import('./scripts/task.mjs').then((task) => task.main(process.argv.slice(2)))
} else {
  process.stderr.write(
    'SETUP_NODE_TOO_OLD: Node 20 or newer is needed to set up, this is ' +
      process.version +
      '; install a newer one from https://nodejs.org and try again\n',
  )
  process.exitCode = 1
}
