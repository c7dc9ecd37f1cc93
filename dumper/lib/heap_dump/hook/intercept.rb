# frozen_string_literal: true

# Every spelling of `trap` asks the hook first; see HeapDump::Hook::Trap.
# Redefined, not prepended: that reaches every object on every Ruby, and
# `def`, not `define_method`: that works in any Ractor.

module Kernel
  alias _heap_dump_native_trap trap

  private :_heap_dump_native_trap

  private

  def trap(signal, *command, &block)
    HeapDump::Hook::Trap.set(signal, command, block)
  end

  class << self
    alias _heap_dump_replaced_trap trap

    def trap(signal, *command, &block)
      HeapDump::Hook::Trap.set(signal, command, block)
    end
  end
end

module Signal
  class << self
    alias _heap_dump_replaced_trap trap

    def trap(signal, *command, &block)
      HeapDump::Hook::Trap.set(signal, command, block)
    end
  end
end
