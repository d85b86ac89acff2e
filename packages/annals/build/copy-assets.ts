// What tsc leaves behind: the SQL files that the adapters read beside their code.
import { copyFileSync, globSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

for (const file of globSync('**/*.sql', { cwd: 'src' })) {
  mkdirSync(dirname(join('dist', file)), { recursive: true })
  copyFileSync(join('src', file), join('dist', file))
}
