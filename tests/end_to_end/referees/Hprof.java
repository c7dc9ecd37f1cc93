import java.io.File;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.graalvm.visualvm.lib.jfluid.heap.FieldValue;
import org.graalvm.visualvm.lib.jfluid.heap.GCRoot;
import org.graalvm.visualvm.lib.jfluid.heap.Heap;
import org.graalvm.visualvm.lib.jfluid.heap.HeapFactory;
import org.graalvm.visualvm.lib.jfluid.heap.Instance;
import org.graalvm.visualvm.lib.jfluid.heap.JavaClass;
import org.graalvm.visualvm.lib.jfluid.heap.ObjectArrayInstance;
import org.graalvm.visualvm.lib.jfluid.heap.ObjectFieldValue;
import org.graalvm.visualvm.lib.jfluid.heap.PrimitiveArrayInstance;

/**
 * Prints what VisualVM's library finds in a Java heap dump, separated by tabs:
 *
 *   object ID CLASS SIZE RETAINED TEXT NAME=ID …   RETAINED: as the library computes it
 *   class ID SIZE NAME=ID …
 *   root ID KIND
 *
 * TEXT has its control characters escaped. NAME is empty for elements of arrays.
 */
class Hprof {
  private static final long ADDRESSES = 1L << 60;  // ids from here on are none
  private static final PrintStream out = new PrintStream(System.out, false);

  public static void main(String[] arguments) throws Exception {
    Heap heap = HeapFactory.createHeap(new File(arguments[0]));
    for (JavaClass each : heap.getAllClasses()) {
      if (each.getJavaClassId() >= ADDRESSES) continue;
      out.println("class\t" + each.getJavaClassId() + "\t" + size(each.getStaticFieldValues())
          + references(each.getStaticFieldValues()));
    }
    for (Iterator<Instance> all = heap.getAllInstancesIterator(); all.hasNext(); ) {
      Instance each = all.next();
      if (each.getInstanceId() >= ADDRESSES || isClass(heap, each)) continue;
      out.println("object\t" + each.getInstanceId() + "\t" + escaped(each.getJavaClass().getName())
          + "\t" + each.getValueOfField("size") + "\t" + each.getRetainedSize()
          + "\t" + escaped(text((Instance) each.getValueOfField("text")))
          + references(each.getFieldValues()));
    }
    for (GCRoot root : heap.getGCRoots()) {
      out.println("root\t" + root.getInstance().getInstanceId() + "\t" + root.getKind());
    }
    out.flush();
  }

  /** A class may have a method of that name as well. */
  private static String size(List<FieldValue> fields) {
    for (FieldValue field : fields) {
      if (field.getField().getName().equals("size") && !(field instanceof ObjectFieldValue)) {
        return field.getValue();
      }
    }
    return "";
  }

  private static boolean isClass(Heap heap, Instance each) {
    return heap.getJavaClassByID(each.getInstanceId()) != null;
  }

  private static String references(List<FieldValue> fields) {
    List<String> found = new ArrayList<>();
    for (FieldValue field : fields) {
      if (!(field instanceof ObjectFieldValue)) continue;
      Instance target = ((ObjectFieldValue) field).getInstance();
      if (target == null) continue;
      if (target.getInstanceId() < ADDRESSES) {
        found.add(escaped(field.getField().getName()) + "=" + target.getInstanceId());
      } else if (target instanceof ObjectArrayInstance) {
        for (Instance element : ((ObjectArrayInstance) target).getValues()) {
          found.add("=" + element.getInstanceId());
        }
      }
    }
    return found.isEmpty() ? "" : "\t" + String.join("\t", found);
  }

  private static String text(Instance string) {
    if (string == null) return "";
    StringBuilder text = new StringBuilder();
    PrimitiveArrayInstance value = (PrimitiveArrayInstance) string.getValueOfField("value");
    for (Object unit : value.getValues()) text.append((String) unit);
    return text.toString();
  }

  private static String escaped(String text) {
    StringBuilder shown = new StringBuilder();
    for (char c : text.toCharArray()) {
      shown.append(c < ' ' || c == '\\' || c > '~' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
    }
    return shown.toString();
  }
}
