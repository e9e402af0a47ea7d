package main

import (
	"context"
	"log"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

type election struct {
	name, namespace, identity string
	duration, deadline, retry time.Duration
}

// work is done while a lease is held. It returns soon after the channel is closed, with everything taken back.
type work func(over <-chan struct{})

// lead does the work whenever this host holds the lease, until the program is to stop.
func lead(client kubernetes.Interface, e election, work work, stop <-chan struct{}) {
	lock := &resourcelock.LeaseLock{
		LeaseMeta: metav1.ObjectMeta{Name: e.name, Namespace: e.namespace}, Client: client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: e.identity},
	}
	for !isClosed(stop) {
		candidacy, withdraw := context.WithCancel(context.Background())
		begun, done := make(chan struct{}), make(chan struct{})
		go func() {
			select {
			case <-stop:
			case <-candidacy.Done():
				return
			}
			// The lease is given up when the work has ended, so that the next one finds the address free.
			if isClosed(begun) {
				<-done
			}
			withdraw()
		}()
		leaderelection.RunOrDie(candidacy, leaderelection.LeaderElectionConfig{
			Lock: lock, Name: e.name, ReleaseOnCancel: true,
			LeaseDuration: e.duration, RenewDeadline: e.deadline, RetryPeriod: e.retry,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(held context.Context) {
					close(begun)
					defer close(done)
					// Whoever did not see begun has waited for nothing: the lease is lost already.
					if held.Err() == nil {
						work(either(held.Done(), stop))
					}
				},
				OnStoppedLeading: func() { log.Printf("%s: not held here", e.name) },
				OnNewLeader: func(holder string) {
					if holder != "" {
						log.Printf("%s: held by %s", e.name, holder)
					}
				},
			},
		})
		withdraw()
		if isClosed(begun) {
			<-done
		}
	}
}

// either is closed when one of the two is.
func either(first, second <-chan struct{}) <-chan struct{} {
	both := make(chan struct{})
	go func() {
		defer close(both)
		select {
		case <-first:
		case <-second:
		}
	}()
	return both
}

func isClosed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}
