package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// resourcesCollector gives the alloy_resources_* metrics, with the names, types and help texts of alloycli.
type resourcesCollector struct {
	log *slog.Logger

	startTime *prometheus.Desc
	cpu       *prometheus.Desc
	resident  *prometheus.Desc
	virtual   *prometheus.Desc
	received  *prometheus.Desc
	sent      *prometheus.Desc
}

func newResourcesCollector(log *slog.Logger) *resourcesCollector {
	describe := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("alloy_resources_"+name, help, nil, nil)
	}
	return &resourcesCollector{
		log:       log,
		startTime: describe("process_start_time_seconds", "Start time of the process since Unix epoch in seconds."),
		cpu:       describe("process_cpu_seconds_total", "Total user and system CPU time spent in seconds."),
		resident:  describe("process_resident_memory_bytes", "Current resident memory size in bytes."),
		virtual:   describe("process_virtual_memory_bytes", "Current virtual memory size in bytes."),
		received:  describe("machine_rx_bytes_total", "Total bytes, host-wide, received across all network interfaces."),
		sent:      describe("machine_tx_bytes_total", "Total bytes, host-wide, sent across all given network interface."),
	}
}

// Describe implements prometheus.Collector.
func (c *resourcesCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.startTime, c.cpu, c.resident, c.virtual, c.received, c.sent} {
		out <- d
	}
}

// Collect implements prometheus.Collector. A figure that cannot be read is left out and said in the log.
func (c *resourcesCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	counter := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value)
	}
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		c.log.Error("failed to get process", "err", err)
		return
	}
	if milliseconds, err := self.CreateTime(); err != nil {
		c.report(err, c.startTime)
	} else {
		gauge(c.startTime, (time.Duration(milliseconds) * time.Millisecond).Seconds())
	}
	if times, err := self.Times(); err != nil {
		c.report(err, c.cpu)
	} else {
		counter(c.cpu, times.User+times.System)
	}
	if memory, err := self.MemoryInfo(); err != nil {
		c.report(err, c.virtual, c.resident)
	} else {
		gauge(c.virtual, float64(memory.VMS))
		gauge(c.resident, float64(memory.RSS))
	}
	if interfaces, err := net.IOCounters(true); err != nil {
		c.report(err, c.received, c.sent)
	} else {
		var received, sent uint64
		for _, one := range interfaces {
			received += one.BytesRecv
			sent += one.BytesSent
		}
		counter(c.received, float64(received))
		counter(c.sent, float64(sent))
	}
}

func (c *resourcesCollector) report(err error, missing ...*prometheus.Desc) {
	for _, d := range missing {
		c.log.Error("failed to collect resources metric", "name", d.String(), "err", err)
	}
}
