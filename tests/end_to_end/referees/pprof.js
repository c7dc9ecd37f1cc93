// Prints a pprof profile as pprof-format decodes it: {"types": [[type, unit]…],
// "samples": [[[frame…], value…]…]}, frames outermost first.
const {readFileSync} = require('fs');
const {Profile} = require('pprof-format');

const profile = Profile.decode(readFileSync(process.argv[2]));
const text = index => profile.stringTable.strings[Number(index)];
const byId = list => new Map(list.map(one => [String(one.id), one]));
const locations = byId(profile.location);
const functions = byId(profile.function);
const frame = id => text(functions.get(String(locations.get(String(id)).line[0].functionId)).name);
console.log(JSON.stringify({
  types: profile.sampleType.map(one => [text(one.type), text(one.unit)]),
  samples: profile.sample.map(
    one => [one.locationId.map(frame).reverse(), ...one.value.map(Number)]),
}));
