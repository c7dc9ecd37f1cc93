# frozen_string_literal: true

module HeapDump
  # The signal hook; see heap_dump/hook.rb for its settings.
  module Hook
    # Stands between the program and `trap` for the hook's own signals: the
    # program's handler, whether it was there before the hook or comes later,
    # is called after the dump was asked for, and `trap` answers as if the
    # hook were not there. Every other signal goes straight through.
    module Trap
      # Signal number => the hook's handler, and => the program's. Only the
      # main Ractor may read them; any may read the frozen list of numbers.
      @ours = {}
      @handlers = {}
      @numbers = [].freeze

      class << self
        # Puts the dump in front of whatever handles `signal` now.
        def arm(signal, dumper)
          number = Signal.list.fetch(signal)
          @ours[number] = proc do |signo|
            dumper.request
            Trap.call_program(number, signo)
          end
          @handlers[number] = native(number, @ours[number])
          @numbers = [*@numbers, number].freeze
        end

        # `trap` as the program sees it.
        def set(signal, command, block)
          number = number_of(signal)
          return native(signal, *command, &block) unless @numbers.include?(number)

          # Ruby checks and normalises the handler; then ours goes back.
          native(signal, *command, &block)
          before = @handlers[number]
          @handlers[number] = native(number, @ours[number])
          before
        end

        def call_program(number, signo)
          handler = @handlers[number]
          case handler
          when nil, "DEFAULT", "SYSTEM_DEFAULT", "IGNORE" then nil
          when "EXIT" then exit
          when String then eval(handler, TOPLEVEL_BINDING) # rubocop:disable Security/Eval -- trap(signal, "code")
          else handler.call(signo)
          end
        end

        private

        def native(signal, *command, &block)
          _heap_dump_native_trap(signal, *command, &block)
        end

        def number_of(signal)
          return signal if signal.is_a?(Integer)

          Signal.list[signal.to_s.sub(/\ASIG/, "")]
        rescue StandardError
          nil # Not a signal at all: Ruby's own trap says so.
        end
      end
    end

    class << self
      def install(env = ENV)
        return if @installed

        settings = Settings.new(env)
        dumper = Dumper.new(settings)
        require_relative "intercept"
        settings.signals.each { |signal| Trap.arm(signal, dumper) }
        if settings.sample
          require_relative "../sample_allocations"
          HeapDump.sample_allocations
        end
        MemoryLimit.arm(settings.at_rss, dumper) if settings.at_rss.positive?
        @installed = true
      end
    end
  end
end
