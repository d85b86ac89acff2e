import { ledgerContract } from '../src/testing/contracts/ledger.ts'
import { joiningPromises } from '../src/testing/contracts/ledger/joining.ts'
import { projectionPromises } from '../src/testing/contracts/ledger/projections.ts'
import { ledgerMutants } from './mutants/ledger.ts'
import { prove } from './mutants/proving.ts'

// a memory store takes no transaction of a caller and keeps no projection: it passes over these promises, whatever is
// wrong with it
const beyond = [...Object.keys(joiningPromises), ...Object.keys(projectionPromises)]

prove(ledgerContract, ledgerMutants, beyond)
