// Prints what memlab computes for each node of a .heapsnapshot: its id, its
// retained size and the id of its immediate dominator, separated by tabs.
const {getFullHeapFromFile} = require('@memlab/heap-analysis');

const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;  // memlab's own progress

getFullHeapFromFile(process.argv[2]).then(heap => {
  const lines = [];
  heap.nodes.forEach(node => {
    const dominator = node.dominatorNode;
    lines.push(`${node.id}\t${node.retainedSize}\t${dominator ? dominator.id : 0}`);
  });
  print(lines.join('\n') + '\n');
});
