// A stand-in for crictl, which Debian 12 does not have: the commands that kubeadm calls (info, pods -q, stopp, rmp,
// pull, inspecti) and those an operator looks around with (pods, ps, images, logs). It is built inside Kubernetes'
// source tree and takes cri-api and grpc from there.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1alpha2"
)

const usage = "usage: crictl [-r SOCKET] info | pods [-q] | ps [-a] | images | logs ID | pull IMAGE | inspecti IMAGE | stopp ID... | rmp ID..."

// session is one connection to the container runtime.
type session struct {
	context context.Context
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient
}

func main() {
	socket, arguments := "/run/containerd/containerd.sock", []string{}
	for i := 1; i < len(os.Args); i++ {
		switch word := os.Args[i]; word {
		case "-r", "--runtime-endpoint", "-i", "--image-endpoint":
			if i++; i < len(os.Args) {
				socket = strings.TrimPrefix(os.Args[i], "unix://")
			}
		default:
			arguments = append(arguments, word)
		}
	}
	if len(arguments) == 0 {
		fail(fmt.Errorf(usage))
	}
	deadline, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	connection, err := grpc.DialContext(deadline, socket, grpc.WithInsecure(), grpc.WithBlock(), grpc.FailOnNonTempDialError(true),
		grpc.WithContextDialer(func(ctx context.Context, path string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}))
	fail(err)
	s := session{deadline, cri.NewRuntimeServiceClient(connection), cri.NewImageServiceClient(connection)}
	fail(s.run(arguments[0], arguments[1:]))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "crictl (hakube's stand-in):", err)
		os.Exit(1)
	}
}

func (s session) run(command string, operands []string) error {
	first := ""
	if len(operands) > 0 {
		first = operands[0]
	}
	switch command {
	case "info":
		status, err := s.runtime.Status(s.context, &cri.StatusRequest{Verbose: true})
		return show(status, err)
	case "pods":
		return s.pods(first == "-q")
	case "ps":
		return s.containers(first == "-a")
	case "images":
		return s.imageList()
	case "logs":
		return s.logs(first)
	case "pull":
		_, err := s.images.PullImage(s.context, &cri.PullImageRequest{Image: &cri.ImageSpec{Image: first}})
		return err
	case "inspecti":
		status, err := s.images.ImageStatus(s.context, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: first}})
		if err == nil && status.Image == nil {
			err = fmt.Errorf("no such image %q present", first)
		}
		return show(status, err)
	case "stopp":
		for _, id := range operands {
			if _, err := s.runtime.StopPodSandbox(s.context, &cri.StopPodSandboxRequest{PodSandboxId: id}); err != nil {
				return err
			}
		}
		return nil
	case "rmp":
		for _, id := range operands {
			if _, err := s.runtime.RemovePodSandbox(s.context, &cri.RemovePodSandboxRequest{PodSandboxId: id}); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no command %q\n%s", command, usage)
}

func show(value interface{}, err error) error {
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(value, "", "  ")
	fmt.Println(string(text))
	return err
}

func (s session) pods(quiet bool) error {
	list, err := s.runtime.ListPodSandbox(s.context, &cri.ListPodSandboxRequest{})
	if err != nil {
		return err
	}
	for _, pod := range list.Items {
		if quiet {
			fmt.Println(pod.Id)
		} else {
			fmt.Printf("%.13s %-18s %s/%s\n", pod.Id, pod.State, pod.Metadata.Namespace, pod.Metadata.Name)
		}
	}
	return nil
}

func (s session) containers(all bool) error {
	list, err := s.runtime.ListContainers(s.context, &cri.ListContainersRequest{})
	if err != nil {
		return err
	}
	for _, c := range list.Containers {
		if all || c.State == cri.ContainerState_CONTAINER_RUNNING {
			fmt.Printf("%.13s %-18s attempt=%d %s %s\n", c.Id, c.State, c.Metadata.Attempt, c.Metadata.Name, c.Labels["io.kubernetes.pod.name"])
		}
	}
	return nil
}

func (s session) imageList() error {
	list, err := s.images.ListImages(s.context, &cri.ListImagesRequest{})
	if err != nil {
		return err
	}
	for _, image := range list.Images {
		fmt.Println(strings.Join(image.RepoTags, ","), image.Size_, image.Id)
	}
	return nil
}

func (s session) logs(prefix string) error {
	list, err := s.runtime.ListContainers(s.context, &cri.ListContainersRequest{})
	if err != nil {
		return err
	}
	for _, c := range list.Containers {
		if prefix == "" || !strings.HasPrefix(c.Id, prefix) {
			continue
		}
		status, err := s.runtime.ContainerStatus(s.context, &cri.ContainerStatusRequest{ContainerId: c.Id})
		if err != nil {
			return err
		}
		file, err := os.Open(status.Status.LogPath)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(os.Stdout, file)
		return err
	}
	return fmt.Errorf("no container %q", prefix)
}
