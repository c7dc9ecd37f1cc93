// Prints "valid" if a file is what speedscope's own schema asks for, or what is
// wrong with it.
const {readFileSync} = require('fs');
const Ajv = require('ajv');

const read = file => JSON.parse(readFileSync(file, 'utf8'));
const ajv = new Ajv({strict: false, validateFormats: false, logger: false});
const schema = read(require.resolve('speedscope/dist/release/file-format-schema.json'));
const isValid = ajv.compile(schema);
const file = read(process.argv[2]);
console.log(isValid(file) ? 'valid' : JSON.stringify(isValid.errors));
