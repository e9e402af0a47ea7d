// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

// boot is the guest's init: it makes the system usable, runs the trials and switches the machine off.
func boot(arguments []string) {
	// What is printed arrives on the host while the trials run; the results have a line of their own.
	results, err := prepare()
	if err == nil {
		err = run(arguments, json.NewEncoder(results))
	}
	if err != nil {
		fmt.Println("trial:", err)
	} else {
		fmt.Fprintln(results, `{"end":true}`)
	}
	syscall.Sync()
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	select {}
}

func prepare() (*os.File, error) {
	for _, mount := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/run"}, {"tmpfs", "/tmp"}} {
		if err := syscall.Mount(mount[0], mount[1], mount[0], 0, ""); err != nil {
			return nil, fmt.Errorf("mount %s: %w", mount[1], err)
		}
	}
	os.Setenv("PATH", "/sbin")
	order, err := os.ReadFile("/modules/order")
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(string(order)) {
		if err := loadModule(filepath.Join("/modules", name)); err != nil {
			return nil, fmt.Errorf("load %s: %w", name, err)
		}
	}
	return os.OpenFile("/dev/ttyS1", os.O_WRONLY, 0)
}

func loadModule(path string) error {
	const finitModule = 313
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	none, _ := syscall.BytePtrFromString("")
	if _, _, failure := syscall.Syscall(finitModule, file.Fd(), uintptr(unsafe.Pointer(none)), 0); failure != 0 {
		return failure
	}
	return nil
}
