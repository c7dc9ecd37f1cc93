# frozen_string_literal: true

module HeapDump
  VERSION = "2.0.0"
end
