# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # Watches a Rails application's requests with their controllers, views and
    # records, and its jobs.
    class Railtie < ::Rails::Railtie
      initializer "heap_dump.leak_detector" do |app|
        app.middleware.insert(0, HeapDump::LeakDetector::Rack)
        { action_view: "ActionView::Base", active_job: "ActiveJob::Base", active_record: "ActiveRecord::Base",
          action_controller: "ActionDispatch::Request" }.each do |hook, name|
          ActiveSupport.on_load(hook) { Libraries.install([name]) }
        end
      end
    end
  end
end
