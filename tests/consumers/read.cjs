// What tap-parser, installed in the folder that is named, makes of each of the texts on standard input: JSON to JSON.
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')

const requireThere = createRequire(join(process.argv[2], 'package.json'))
const { Parser } = requireThere('tap-parser')
const program = `tap-parser ${requireThere('tap-parser/package.json').version}`

const text = directive => (directive === false ? null : directive === true ? '' : directive)

const watch = parser => {
  const found = { program, version: null, planned: null, skipped: null, bail_out: null, points: [], errors: [] }
  const children = []
  parser.on('version', version => { found.version = version })
  parser.on('plan', plan => {
    found.planned = plan.end - plan.start + 1
    if (found.planned === 0) found.skipped = plan.comment.replace(/^SKIP\S*\s*/i, '')
  })
  parser.on('child', child => { children.push(watch(child)) })
  parser.on('assert', result => {
    found.points.push({
      ok: result.ok,
      number: result.id,
      name: result.name,
      skip: text(result.skip),
      todo: text(result.todo),
      diagnostics: result.diag ?? null,
      // The subtest stands before the point that sums it up.
      children: children.length ? children.pop().points : [],
    })
  })
  parser.on('bailout', reason => { found.bail_out = reason })
  parser.on('extra', line => { found.errors.push(`not TAP: ${line.trimEnd()}`) })
  parser.on('complete', results => {
    found.passed = results.ok
    for (const failure of results.failures) if (failure.tapError) found.errors.push(failure.tapError)
  })
  return found
}

const texts = JSON.parse(readFileSync(0, 'utf8'))
const readings = texts.map(tap => {
  const parser = new Parser({ strict: true })
  const found = watch(parser)
  parser.end(tap)
  return found
})
process.stdout.write(JSON.stringify(readings))
